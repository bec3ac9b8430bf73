import type { Tokenizer } from "../data/loadTokenizer";
import type { TextDataset } from "../data/textDataset";
import { type EncodedDataset, tokenize } from "../data/tokenize";
import { InputError } from "../errors";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { formatCount } from "../sweep/formatSummary";
import { Board } from "./Board";
import { note } from "./note";

/** Throws where the model has no positions for texts as long as `--max-len` lets them be. */
export function checkMaxLen(maxLen: number, tokenizer: Tokenizer, model: SequenceClassifier): void {
  const most = Math.min(tokenizer.modelMaxLength, model.maxTokens);
  if (maxLen > most)
    throw new InputError(
      `--max-len: expected at most ${most}, which is as far as the model reads, got ${maxLen}`,
    );
}

/** Tokenizes datasets one after the other, shows how far it is, and notes how many rows were cut. */
export async function encode(
  datasets: TextDataset[],
  tokenizer: Tokenizer,
  maxLength: number,
  signal: AbortSignal,
): Promise<EncodedDataset[]> {
  const total = datasets.reduce((sum, { texts }) => sum + texts.length, 0);
  const encoded: EncodedDataset[] = [];
  const board = new Board();
  const bar = board.bar("tokenizing");
  let before = 0;
  try {
    for (const dataset of datasets) {
      const onProgress = (done: number) =>
        bar.update(before + done, total, `${formatCount(before + done)} of ${formatCount(total)} rows`);
      encoded.push(await tokenize(dataset, tokenizer, { maxLength, signal, onProgress }));
      before += dataset.texts.length;
    }
  } finally {
    board.stop();
  }
  const cut = encoded.reduce((sum, { truncated }) => sum + truncated, 0);
  if (cut > 0)
    note(`${formatCount(cut)} of ${formatCount(total)} rows were cut to ${maxLength} tokens (--max-len)`);
  return encoded;
}
