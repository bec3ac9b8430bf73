import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";
import type { TokenRows } from "../../src/models/TextClassifier";

interface RuntimeTensor {
  dims: number[];
  data: Float32Array;
}

interface Session {
  inputNames: string[];
  outputNames: string[];
  /** A size that is free carries its name. */
  inputMetadata: { name: string; type: string; shape: (number | string)[] }[];
  outputMetadata: { name: string; type: string; shape: (number | string)[] }[];
  run(feeds: Record<string, unknown>): Promise<Record<string, RuntimeTensor>>;
  release(): Promise<void>;
}

// The one that Transformers.js runs models in.
const runtime = createRequire(require.resolve("@huggingface/transformers"))("onnxruntime-node");

/** Opens an ONNX file in ONNX Runtime, on the CPU; it checks the graph's types and shapes. */
export const openSession = (path: string): Promise<Session> => runtime.InferenceSession.create(path);

/** The logits of a batch, [rows, labels]. */
export async function runRows(session: Session, rows: TokenRows): Promise<RuntimeTensor> {
  const given: Record<string, number[][] | undefined> = {
    input_ids: rows.inputIds,
    attention_mask: rows.attentionMask ?? rows.inputIds.map((row) => row.map(() => 1)),
    token_type_ids: rows.tokenTypeIds ?? rows.inputIds.map((row) => row.map(() => 0)),
  };
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      const values = given[name]!;
      const dims = [values.length, values[0].length];
      return [name, new runtime.Tensor("int64", BigInt64Array.from(values.flat(), BigInt), dims)];
    }),
  );
  return (await session.run(feeds)).logits;
}

/** The logits of images [batch, 3, height, width], [rows, labels]. */
export async function runPixels(session: Session, pixels: tf.Tensor4D): Promise<RuntimeTensor> {
  const values = new runtime.Tensor("float32", pixels.dataSync(), pixels.shape);
  return (await session.run({ pixel_values: values })).logits;
}
