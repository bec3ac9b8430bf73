import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import { type StepArrays, tensorOf } from "../nn/StepArrays";

/** Token ids of a batch of texts, padded on the right, row after row: what a text model's stages start from. */
export interface TextBatch {
  batchSize: number;
  sequenceLength: number;
  /** [batchSize · sequenceLength] */
  inputIds: ArrayLike<number>;
  /** 1 for a token, 0 for padding; [batchSize · sequenceLength] */
  attentionMask: ArrayLike<number>;
  /** [batchSize · sequenceLength]; zeros when left out */
  tokenTypeIds?: ArrayLike<number>;
}

export interface TextInputs {
  readonly arrays: StepArrays;
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** [batch · seq] */
  readonly inputIds: tf.Tensor1D;
  readonly tokenTypeIds: tf.Tensor1D;
  readonly positionIds: tf.Tensor1D;
  /** Added to attention scores: [batch, 1, 1, seq], 0 for tokens, hugely negative for padding. */
  readonly mask: tf.Tensor;
  /** Keeps a tensor that several stages read until the inputs are disposed, and gives it back. */
  own<T extends tf.Tensor>(tensor: T): T;
  dispose(): void;
}

/** What is added to the scores of keys that may not be seen. */
export const MASKED = -1e9;

/** Makes a batch into tensors, each when it is first read. The caller disposes them. */
export function textInputs(batch: TextBatch): TextInputs {
  const { batchSize, sequenceLength } = batch;
  const size = batchSize * sequenceLength;
  if (batch.inputIds.length !== size || batch.attentionMask.length !== size)
    throw new InputError(
      `a batch of ${batchSize} x ${sequenceLength} tokens needs ${size} ids and mask values, got ${batch.inputIds.length} and ${batch.attentionMask.length}`,
    );
  const owned: tf.Tensor[] = [];
  const own = <T extends tf.Tensor>(tensor: T): T => {
    owned.push(tf.keep(tensor));
    return tensor;
  };
  const ids = (numbers: () => Int32Array) => ({ shape: [size], dtype: "int32" as const, numbers });
  const arrays = {
    inputIds: ids(() => Int32Array.from(batch.inputIds)),
    tokenTypeIds: ids(() => Int32Array.from(batch.tokenTypeIds ?? new Int32Array(size))),
    positionIds: ids(() => Int32Array.from({ length: size }, (_, i) => i % sequenceLength)),
    mask: {
      shape: [batchSize, 1, 1, sequenceLength],
      dtype: "float32" as const,
      numbers: () => Float32Array.from(batch.attentionMask, (seen) => (seen ? 0 : MASKED)),
    },
  };
  /** Made where it is first read: behind frozen embeddings nothing but the mask is. */
  const once = <T extends tf.Tensor>(name: keyof typeof arrays): (() => T) => {
    let tensor: T | undefined;
    return () => {
      tensor ??= own(tensorOf(arrays, name) as T);
      return tensor;
    };
  };
  const inputIds = once<tf.Tensor1D>("inputIds");
  const tokenTypeIds = once<tf.Tensor1D>("tokenTypeIds");
  const positionIds = once<tf.Tensor1D>("positionIds");
  const mask = once("mask");
  return {
    arrays,
    batchSize,
    sequenceLength,
    get inputIds() {
      return inputIds();
    },
    get tokenTypeIds() {
      return tokenTypeIds();
    },
    get positionIds() {
      return positionIds();
    },
    get mask() {
      return mask();
    },
    own,
    dispose: () => tf.dispose(owned),
  };
}
