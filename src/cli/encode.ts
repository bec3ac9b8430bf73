import type { Augmentation } from "../data/Augmentation";
import { encodeImages } from "../data/encodeImages";
import type { ImageRows } from "../data/imageFolder";
import { loadImageTransform } from "../data/loadImageTransform";
import { loadTokenizer, type Tokenizer } from "../data/loadTokenizer";
import type { Dataset } from "../data/Rows";
import type { TextDataset } from "../data/textDataset";
import type { TokenTexts } from "../data/tokenDataset";
import { defaultMaxLength, tokenize } from "../data/tokenize";
import { tokenizeWords } from "../data/tokenizeWords";
import { InputError } from "../errors";
import { ImageClassifier } from "../models/ImageClassifier";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import type { TextClassifier } from "../models/TextClassifier";
import { TokenClassifier } from "../models/TokenClassifier";
import { formatCount } from "../text/numbers";
import { withBar } from "./Board";
import { note } from "./note";
import type { DataFlags, TextFlags } from "./options";
import { countOf, type Rows } from "./Rows";

/** Encodes datasets one after the other, the training rows first, and shows a progress bar. */
type Encode = (datasets: Rows[], signal: AbortSignal) => Promise<Dataset[]>;

/** The encoder of a model's inputs. Throws now where an option does not fit the model, before anything is encoded. */
export async function encoderOf(
  model: SequenceClassifier | TokenClassifier | ImageClassifier,
  { maxLength: asked, pair, augment, stride }: TextFlags & Pick<DataFlags, "augment" | "stride">,
): Promise<Encode> {
  if (model instanceof ImageClassifier) {
    const transform = await loadImageTransform(model.folder);
    const views: Augmentation = typeof augment === "number" ? { scale: [augment, 1] } : {};
    return (datasets, signal) =>
      oneByOne("decoding", "images", datasets as ImageRows[], (rows, onProgress) =>
        encodeImages(rows, transform, {
          augment: augment !== undefined && rows === datasets[0] ? views : undefined,
          signal,
          onProgress,
        }),
      );
  }
  const tokenizer = await loadTokenizer(model.folder);
  const maxLength = asked ?? defaultMaxLength(tokenizer);
  const remark = checkMaxLength(maxLength, tokenizer, model);
  if (model instanceof TokenClassifier)
    return async (datasets, signal) => {
      if (remark !== null) note(remark);
      const said: string[] = [];
      const log = (line: string) => said.push(line);
      const encoded = await oneByOne("tokenizing", "rows", datasets as TokenTexts[], (rows, onProgress) =>
        tokenizeWords(rows, tokenizer, { maxLength, stride, signal, onProgress, log }),
      );
      said.forEach(note);
      return encoded;
    };
  // Throws where special tokens alone are longer.
  tokenizer.encode("", pair === undefined ? null : "", maxLength);
  return async (datasets, signal) => {
    if (remark !== null) note(remark);
    const encoded = await oneByOne("tokenizing", "rows", datasets as TextDataset[], (rows, onProgress) =>
      tokenize(rows, tokenizer, { maxLength, signal, onProgress }),
    );
    const [cut, total] = [encoded.map(({ truncated }) => truncated), datasets.map(countOf)].map(sum);
    if (cut > 0)
      note(
        `${formatCount(cut)} of ${formatCount(total)} rows were cut to ${maxLength} tokens (--max-length)`,
      );
    return encoded;
  };
}

/**
 * Throws where `--max-length` goes beyond the model's positions. Where it goes beyond the length that the tokenizer's files name, which
 * is no limit of the model's, returns a line that says so.
 */
function checkMaxLength(
  maxLength: number,
  { modelMaxLength }: Tokenizer,
  { maxTokens }: TextClassifier,
): string | null {
  if (maxLength > maxTokens)
    throw new InputError(
      `--max-length: expected at most ${maxTokens}, which is as far as the model reads, got ${maxLength}`,
    );
  if (maxLength <= modelMaxLength) return null;
  const reads = Number.isFinite(maxTokens) ? `up to ${maxTokens}` : "texts of any length";
  return `--max-length ${maxLength}: its tokenizer_config.json speaks of ${modelMaxLength} tokens; the model reads ${reads}`;
}

async function oneByOne<Of extends Rows, Encoded>(
  doing: string,
  what: string,
  datasets: Of[],
  encode: (rows: Of, onProgress: (done: number) => void) => Promise<Encoded>,
): Promise<Encoded[]> {
  const total = sum(datasets.map(countOf));
  return withBar(doing, async (bar) => {
    const encoded: Encoded[] = [];
    let before = 0;
    for (const rows of datasets) {
      const onProgress = (done: number) => bar.count(before + done, total, what);
      encoded.push(await encode(rows, onProgress));
      before += countOf(rows);
    }
    return encoded;
  });
}

const sum = (counts: number[]): number => counts.reduce((a, b) => a + b, 0);
