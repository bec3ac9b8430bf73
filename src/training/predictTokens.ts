import { rowsOf } from "../data/rowsOf";
import type { EncodedTokens } from "../data/TokenWindows";
import type { TokenSpan } from "../data/tokenDataset";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { argMax } from "./argMax";
import { entitiesOf } from "./entities";
import { type PredictOptions, predict } from "./predict";

/** A part of a text that a model has found, by UTF-16 units: `text.slice(start, end)`. */
export interface FoundSpan extends TokenSpan {
  /** The mean over its words of how probable the tag is that each got. */
  score: number;
}

/** What a model says of the words of texts. */
export interface TokenPredictions {
  /** Of each text the likeliest tag of each word; "O" for one that the tokenizer makes no token of. */
  tags: string[][];
  /** Of each text the parts that the tags of words with tokens come to, in their order. */
  spans: FoundSpan[][];
  /** `[words · tags]`: how probable each tag is of each word that was told, text after text. */
  probabilities: Float32Array;
}

/**
 * What the model says of the words of each text, in the texts' order, each word from the window in which it has most context. Tags are read as conlleval
 * and seqeval read them: an "I-" behind "O" or another label begins a part as well.
 *
 * @throws InputError for rows that the model cannot take, a FrostError where what it says of a row is no finite number
 * @example
 * ```ts
 * const tagger = await AutoModelForTokenClassification.fromPretrained("data/all-MiniLM-L6-v2", { classes: ["O", "B-PER", "I-PER"] });
 * const table: Table = { path: "a cell", columns: ["text"], rows: [{ text: "Ada lives in Paris." }] };
 * const { tags, spans } = await predictTokens(tagger, await tokenizeWords(tokenDataset(table), tokenizer));
 * console.log(tags[0].length, spans[0]); // 5 words, and the parts that their tags come to
 * tagger.dispose();
 * ```
 */
export async function predictTokens(
  model: Classifier,
  dataset: EncodedTokens,
  options: PredictOptions = {},
): Promise<TokenPredictions> {
  const settings = readOptions("predictTokens", options);
  checkArguments("predictTokens", { model, dataset });
  if (!rowsOf(dataset).perToken)
    throw new InputError(
      "predictTokens: expected words of texts as tokenizeWords gives them, got rows; predict takes those",
    );
  const { probabilities } = await predict(model, dataset, settings);
  const { classes, numLabels } = model;
  const tags: string[][] = [];
  const spans: FoundSpan[][] = [];
  for (const { starts, ends, numbers } of dataset.words) {
    const said = Array.from(numbers, (number) =>
      number < 0 ? -1 : argMax(probabilities, number * numLabels, numLabels),
    );
    const own = said.map((tag) => classes[tag] ?? "O");
    tags.push(own);
    // Of the words that are told, as evaluate scores them: one without a token parts nothing.
    const told = [...numbers.keys()].filter((w) => numbers[w] >= 0);
    spans.push(
      entitiesOf(told.map((w) => own[w])).map(({ label, first, last }) => {
        const words = told.slice(first, last + 1);
        const score = words.reduce((sum, w) => sum + probabilities[numbers[w] * numLabels + said[w]], 0);
        return { start: starts[words[0]], end: ends[words.at(-1)!], label, score: score / words.length };
      }),
    );
  }
  return { tags, spans, probabilities };
}
