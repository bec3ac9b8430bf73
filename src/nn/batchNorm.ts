import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../errors";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";

/** A batch norm over the last axis (Ioffe and Szegedy 2015), under PyTorch's names. */
export interface BatchNorm {
  /** [channels] */
  weight: Parameter;
  bias: Parameter;
  /** Buffers, [channels]: what the norm goes by when it does not train. */
  runningMean: Parameter;
  runningVar: Parameter;
  /** A scalar buffer. */
  numBatchesTracked: Parameter;
  eps: number;
  /** The share of a batch in the running statistics. */
  momentum: number;
}

/**
 * (x - mean) / √(variance + eps) · weight + bias in each channel of x [batch, height, width, channels]. With `training` mean and
 * variance are the batch's, and the running ones move towards them, the variance unbiased; without, they are the running ones,
 * which stay.
 *
 * @throws InputError in training on a single value per channel, which has no variance
 */
export function batchNorm(pass: Pass, x: Value, norm: BatchNorm, training: boolean): Value {
  return training ? byBatch(pass, x, norm) : byRunning(pass, x, norm);
}

function byRunning(pass: Pass, x: Value, { weight, bias, runningMean, runningVar, eps }: BatchNorm): Value {
  const { mean, scale, y } = tf.tidy(() => {
    const scale = tf.rsqrt(tf.add(runningVar.value, eps));
    const factor = tf.mul(scale, weight.value);
    const shift = tf.sub(bias.value, tf.mul(runningMean.value, factor));
    return { mean: runningMean.value.clone(), scale, y: tf.add(tf.mul(x.tensor, factor), shift) };
  });
  const value = pass.record({
    op: "batchNorm",
    settings: { eps },
    output: y,
    inputs: { x, weight, bias, mean: runningMean, variance: runningVar },
    saved: (wanted) => ({
      scale,
      x: wanted.weight ? x.tensor : null,
      mean: wanted.weight ? mean : null,
    }),
    backward: (dy, { scale, ...saved }, wanted) => ({
      x: wanted.x ? tf.mul(dy, tf.mul(scale, weight.value)) : null,
      weight: wanted.weight ? sumRows(tf.mul(dy, tf.mul(tf.sub(saved.x!, saved.mean!), scale))) : null,
      bias: wanted.bias ? sumRows(dy) : null,
    }),
  });
  tf.dispose([mean, scale]);
  return value;
}

function byBatch(pass: Pass, x: Value, norm: BatchNorm): Value {
  const { weight, bias, eps } = norm;
  const { size, shape } = x.tensor;
  const count = size / shape[shape.length - 1]!;
  if (count < 2)
    throw new InputError(
      `${weight.name}: expected more than one value per channel to train on, got a batch of one image at ${shape[1]} x ${shape[2]}; take another batchSize, larger images, or freeze this stage`,
    );
  const { mean, scale, y } = tf.tidy(() => {
    const mean = tf.div(sumRows(x.tensor), count);
    const centred = tf.sub(x.tensor, mean);
    const variance = tf.div(sumRows(tf.square(centred)), count);
    const unbiased = tf.mul(variance, count / (count - 1));
    if (pass.statistics === "cumulative") takeIn(norm, mean, unbiased);
    else if (pass.statistics === "moving" && !pass.recomputing) track(norm, mean, unbiased);
    const scale = tf.rsqrt(tf.add(variance, eps));
    return { mean, scale, y: tf.add(tf.mul(centred, tf.mul(scale, weight.value)), bias.value) };
  });
  const value = pass.record({
    output: y,
    inputs: { x, weight, bias },
    saved: (wanted) =>
      wanted.x || wanted.weight ? { scale, x: x.tensor, mean } : { scale: null, x: null, mean: null },
    backward(dy, saved, wanted) {
      const ofBias = sumRows(dy);
      if (!wanted.x && !wanted.weight) return { bias: ofBias };
      const scale = saved.scale!;
      const normal = tf.mul(tf.sub(saved.x!, saved.mean!), scale);
      const ofWeight = sumRows(tf.mul(dy, normal));
      const ofX = () =>
        tf.mul(
          tf.sub(tf.sub(dy, tf.div(ofBias, count)), tf.mul(normal, tf.div(ofWeight, count))),
          tf.mul(scale, weight.value),
        );
      return {
        x: wanted.x ? ofX() : null,
        weight: wanted.weight ? ofWeight : null,
        bias: wanted.bias ? ofBias : null,
      };
    },
  });
  tf.dispose([mean, scale]);
  return value;
}

function track(norm: BatchNorm, mean: tf.Tensor, variance: tf.Tensor): void {
  const { runningMean, runningVar, numBatchesTracked, momentum } = norm;
  const move = (buffer: Parameter, to: tf.Tensor) =>
    buffer.assign(tf.add(tf.mul(buffer.value, 1 - momentum), tf.mul(to, momentum)));
  move(runningMean, mean);
  move(runningVar, variance);
  numBatchesTracked.assign(tf.add(numBatchesTracked.value, 1));
}

/** All batches weigh the same, as PyTorch has it where momentum is None. */
function takeIn(
  { runningMean, runningVar, numBatchesTracked }: BatchNorm,
  mean: tf.Tensor,
  variance: tf.Tensor,
): void {
  const count = tf.add(numBatchesTracked.value, 1);
  const move = (buffer: Parameter, to: tf.Tensor) =>
    buffer.assign(tf.add(buffer.value, tf.div(tf.sub(to, buffer.value), count)));
  move(runningMean, mean);
  move(runningVar, variance);
  numBatchesTracked.assign(count);
}

/** The sum over all axes but the last. */
const sumRows = (x: tf.Tensor): tf.Tensor => tf.sum(x, [0, 1, 2]);
