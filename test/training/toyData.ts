import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import type { Labels } from "../../src/data/textDataset";
import type { EncodedDataset } from "../../src/data/tokenize";
import { Random } from "../../src/random";

/** A random BERT of 3 blocks of 32 with a vocabulary of 120, and no dropout. */
export const tinyBert = join(__dirname, "../fixtures/models/bert");

/** The same in a folder of its own, with fields of its config changed. */
export function tinyBertWith(fields: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-tiny-"));
  const config = JSON.parse(readFileSync(join(tinyBert, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, ...fields }));
  copyFileSync(join(tinyBert, "model.safetensors"), join(folder, "model.safetensors"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  return folder;
}

/** The same with dropout, which real checkpoints have. */
export const tinyWithDropout = (): string =>
  tinyBertWith({ hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 });

/** Loads a tiny BERT for the labels of `toyRows`. */
export const loadTiny = (folder = tinyBert, options: { classes?: string[]; seed?: number } = {}) =>
  AutoModelForSequenceClassification.fromPretrained(folder, {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
    ...options,
  });

/**
 * Rows of random tokens, 4 to 20 of them; a row is of class 1 when it holds more even tokens than odd ones. `purpose` makes rows
 * of their own.
 */
export function toyRows(count: number, purpose = "train"): EncodedDataset {
  const random = new Random(1, purpose);
  const inputIds = Array.from({ length: count }, () => {
    const even = random.integer(2);
    const length = 2 + random.integer(17);
    const middle = Array.from({ length }, () => {
      const token = 10 + 2 * random.integer(50);
      return random.uniform() < 0.85 ? token + (even ? 0 : 1) : token + (even ? 1 : 0);
    });
    return Int32Array.from([2, ...middle, 3]);
  });
  const ids = Int32Array.from(inputIds, (row) => {
    const middle = row.subarray(1, -1);
    return middle.filter((token) => token % 2 === 0).length * 2 > middle.length ? 1 : 0;
  });
  const labels: Labels = { problemType: "single_label_classification", classes: ["odd", "even"], ids };
  return {
    inputIds,
    tokenTypeIds: null,
    labels,
    truncated: 0,
    maxLength: 32,
    padTokenId: 0,
    hash: `${purpose} ${count}`,
  };
}

export const fixtureClasses = ["LABEL_0", "LABEL_1", "LABEL_2"];

/** Rows of tokens with a class each, as a fixture has them, for a model of `fixtureClasses`. */
export const fixtureRows = (rows: number[][], labels: number[], hash: string): EncodedDataset => ({
  inputIds: rows.map((ids) => Int32Array.from(ids)),
  tokenTypeIds: null,
  labels: {
    problemType: "single_label_classification",
    classes: fixtureClasses,
    ids: Int32Array.from(labels),
  },
  truncated: 0,
  maxLength: 32,
  padTokenId: 0,
  hash,
});
