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
  /** Of each text the parts that these tags come to, in their order. */
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
    spans.push(
      entitiesOf(own).map(({ label, first, last }) => {
        let score = 0;
        for (let w = first; w <= last; w++) score += probabilities[numbers[w] * numLabels + said[w]];
        return { start: starts[first], end: ends[last], label, score: score / (last - first + 1) };
      }),
    );
  }
  return { tags, spans, probabilities };
}
