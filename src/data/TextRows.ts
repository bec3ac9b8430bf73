import { createHash } from "node:crypto";
import { shown } from "../check";
import { InputError } from "../errors";
import type { TrainedOn } from "../options/TrainedOn";
import { type Batch, collate } from "./collate";
import { countCut } from "./cutRows";
import type { Labels } from "./labels";
import { Rows, update } from "./Rows";
import type { EncodedDataset } from "./tokenize";

/** Texts as tokens. */
export class TextRows<Data extends EncodedDataset = EncodedDataset> extends Rows<Data> {
  readonly kind = "texts";

  get inputs(): Int32Array[] {
    return this.dataset.inputIds;
  }

  get lengths(): Int32Array {
    return Int32Array.from(this.inputs, (ids) => ids.length);
  }

  override get readAs() {
    return this.dataset.readAs ?? null;
  }

  check(name: string): void {
    const { inputIds, tokenTypeIds, padTokenId, maxLength } = this.dataset;
    for (const [field, value, least] of [
      ["padTokenId", padTokenId, 0] as const,
      ["maxLength", maxLength, 1] as const,
    ])
      if (!(Number.isInteger(value) && value >= least))
        throw new InputError(
          `${name}: ${field}: expected an integer of at least ${least}, as tokenize gives it, got ${shown(value)}`,
        );
    const row = tokenTypeIds ? inputIds.findIndex((ids, i) => tokenTypeIds[i]?.length !== ids.length) : -1;
    if (row >= 0)
      throw new InputError(
        `${name}: row ${row}: expected ${inputIds[row].length} token types, one a token, got ${tokenTypeIds![row]?.length ?? "none"}; takeRows takes both`,
      );
  }

  /** As pairs or single texts, in the same order, and cut to as many tokens. */
  override checkReading(name: string, trainedOn: TrainedOn | null): void {
    if (!trainedOn) return;
    const { readAs, maxLength, truncated } = this.dataset;
    const quoted = (column: string) => JSON.stringify(column);
    if (readAs && (readAs.pair === null) !== (trainedOn.pair === null))
      throw new InputError(
        trainedOn.pair === null
          ? `${name}: the model was trained on single texts, these rows have a second one in ${quoted(readAs.pair!)}; leave pair (--pair) out`
          : `${name}: the model was trained on pairs of ${quoted(trainedOn.text)} and ${quoted(trainedOn.pair)}, these rows have one text, ${quoted(readAs.text)}; name the column of the second as pair (--pair)`,
      );
    if (readAs && readAs.text === trainedOn.pair && readAs.pair === trainedOn.text)
      throw new InputError(
        `${name}: the model was trained on ${quoted(trainedOn.text)} followed by ${quoted(trainedOn.pair!)}, these rows have them the other way round; swap text and pair`,
      );
    const tooShort = maxLength < trainedOn.maxLength && truncated > 0;
    const tooLong = maxLength > trainedOn.maxLength && this.longest > trainedOn.maxLength;
    if (tooShort || tooLong)
      throw new InputError(
        `${name}: the model was trained on texts of up to ${trainedOn.maxLength} tokens, these rows have up to ${maxLength}; tokenize them with maxLength: ${trainedOn.maxLength} (leave --max-length out)`,
      );
  }

  hash(): string {
    const { inputIds, tokenTypeIds, padTokenId } = this.dataset;
    const hash = createHash("sha256");
    // Lengths go in as well, or [1, 2], [3] and [1], [2, 3] would be one.
    hash.update(JSON.stringify([padTokenId, tokenTypeIds !== null, inputIds.map((ids) => ids.length)]));
    for (const column of [inputIds, tokenTypeIds ?? []]) for (const row of column) update(hash, row);
    return hash.digest("hex");
  }

  take(rows: number[], labels: Labels | null): Data {
    const dataset: EncodedDataset = this.dataset;
    const inputIds = rows.map((row) => dataset.inputIds[row]);
    const tokenTypeIds = dataset.tokenTypeIds && rows.map((row) => dataset.tokenTypeIds![row]);
    const truncated = countCut(inputIds);
    return new TextRows({ ...dataset, inputIds, tokenTypeIds, labels, truncated }).hashed() as Data;
  }

  batch(rows: Int32Array): Batch {
    return collate(this.dataset, rows);
  }

  override toString() {
    return `texts of up to ${this.longest} tokens`;
  }

  facts() {
    const { maxLength, truncated } = this.dataset;
    return { maxLength, truncatedRows: truncated, ...(this.count > 0 && { longestRow: this.longest }) };
  }
}
