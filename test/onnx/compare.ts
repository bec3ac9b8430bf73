import assert from "node:assert/strict";
import { join } from "node:path";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import type { TokenRows } from "../../src/models/TextClassifier";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { Random } from "../../src/random";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { openSession, runRows } from "./onnxRuntime";

/** Rows of random tokens, of both segments where the model knows two; all but the first row are padded. */
export function randomRows(
  { config }: SequenceClassifier,
  batchSize: number,
  sequenceLength: number,
): TokenRows {
  const [vocabulary, types] = [config.vocab_size, config.type_vocab_size ?? 2] as number[];
  const random = new Random("exportOnnx", batchSize, sequenceLength);
  const table = (cell: (row: number, column: number) => number) =>
    Array.from({ length: batchSize }, (_, row) =>
      Array.from({ length: sequenceLength }, (_, column) => cell(row, column)),
    );
  return {
    inputIds: table(() => 4 + random.integer(vocabulary - 4)),
    attentionMask: table((row, column) => (column < Math.max(1, sequenceLength - 2 * row) ? 1 : 0)),
    tokenTypeIds: table((_, column) => (types > 1 && column > sequenceLength / 2 ? 1 : 0)),
  };
}

/** Exports a model and compares its logits with the kit's for batches of several sizes. */
export async function compare(
  model: SequenceClassifier,
  sizes = [
    [1, 1],
    [1, 9],
    [3, 2],
    [4, 17],
    [3, Math.min(model.maxTokens, 80)],
  ],
): Promise<void> {
  const to = join(makeFolder(), "exported");
  await exportOnnx(model, to);
  const session = await openSession(join(to, "onnx/model.onnx"));
  for (const [batchSize, length] of sizes) {
    const rows = randomRows(model, batchSize, length);
    const { logits } = model.forward(rows);
    const exported = await runRows(session, rows);
    assert.deepEqual(exported.dims, [batchSize, model.numLabels]);
    assertClose(exported.data, logits, 1e-5, `logits of [${batchSize}, ${length}]`);
    logits.dispose();
  }
  await session.release();
}
