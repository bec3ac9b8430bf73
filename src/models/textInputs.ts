import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";

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
  /** Made where it is first read: behind frozen embeddings nothing but the mask is. */
  const once = <T extends tf.Tensor>(make: () => T): (() => T) => {
    let tensor: T | undefined;
    return () => {
      tensor ??= own(make());
      return tensor;
    };
  };
  const int32 = (values: () => ArrayLike<number>) =>
    once(() => tf.tensor1d(Int32Array.from(values()), "int32"));
  const inputIds = int32(() => batch.inputIds);
  const tokenTypeIds = int32(() => batch.tokenTypeIds ?? new Int32Array(size));
  const positionIds = int32(() => Int32Array.from({ length: size }, (_, i) => i % sequenceLength));
  const mask = once(() => {
    const values = Float32Array.from(batch.attentionMask, (seen) => (seen ? 0 : MASKED));
    return tf.tensor4d(values, [batchSize, 1, 1, sequenceLength]);
  });
  return {
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
