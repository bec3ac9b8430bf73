import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import { product } from "../ops/products/products";
import { linearGradients } from "./linear";
import type { Parameter } from "./Parameter";
import type { Pass, Value } from "./Pass";
import { CELLS, type CellName } from "./recurrentCells";
import { shifted } from "./shifted";

/** What a layer of `nn.GRU` or `nn.LSTM` has for each of its directions, gates one below the other in PyTorch's order. */
const NAMES = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"] as const;

/** A layer of `nn.GRU` or `nn.LSTM`: its parameters by PyTorch's names, `weight_ih_l0` and, where it reads backwards too, `…_l0_reverse`. */
export interface Recurrent {
  cell: CellName;
  hiddenSize: number;
  parameters: Readonly<Record<string, Parameter>>;
}

/** The shapes of such a layer's parameters by name, in PyTorch's order. */
export function recurrentShapes(
  cell: CellName,
  from: number,
  hiddenSize: number,
  bidirectional: boolean,
): Record<string, number[]> {
  const rows = CELLS[cell].gates * hiddenSize;
  return Object.fromEntries(
    (bidirectional ? ["_l0", "_l0_reverse"] : ["_l0"]).flatMap((direction) => [
      [`weight_ih${direction}`, [rows, from]],
      [`weight_hh${direction}`, [rows, hiddenSize]],
      [`bias_ih${direction}`, [rows]],
      [`bias_hh${direction}`, [rows]],
    ]),
  );
}

/**
 * The states after the last token of each text that a recurrent layer has read, and beside them those of its other direction after the
 * first token: `h_n` of packed sequences, [batch · n, in] → [batch, directions · hiddenSize]. `mask` [batch, 1, 1, n] is 0 at tokens and
 * hugely negative at padding, which stands on the right.
 *
 * Both directions run in one loop over time. What one reads backwards has its padding first, where gates are held open or shut so that the
 * state stays zero.
 */
export function finalStates(pass: Pass, x: Value, mask: tf.Tensor, layer: Recurrent): Value {
  const { cell, hiddenSize, parameters } = layer;
  const { gates, padded, forward, backward } = CELLS[cell];
  const directions = "weight_ih_l0_reverse" in parameters ? ["_l0", "_l0_reverse"] : ["_l0"];
  const [batchSize, , , length] = mask.shape as number[];
  const rows = gates * hiddenSize;
  const own = (direction: string) => NAMES.map((name) => parameters[name + direction].value);

  /** [batch · n, rows] of each direction → [n, directions, batch, rows], the second in the order in which it reads. */
  const overTime = (all: tf.Tensor[]) =>
    tf.stack(
      all.map((each, d) => {
        const inOrder = tf.transpose(tf.reshape(each, [batchSize, length, -1]), [1, 0, 2]);
        return d === 1 ? tf.reverse(inOrder, 0) : inOrder;
      }),
      1,
    );
  /** One direction of [n, directions, batch, width], in its own order: [n, batch, width]. */
  const direction = (all: tf.Tensor, d: number) => tf.squeeze(tf.slice(all, [0, d], [-1, 1]), [1]);

  const [output, last, saved] = tf.tidy(() => {
    const [share, last] = timesOf(mask, directions.length);
    const inputs = overTime(
      directions.map((each) => {
        const [b, , bias] = own(each);
        return product({ a: x.tensor, b, transposeB: true, bias });
      }),
    );
    const held = share && tf.mul(share, tf.concat(padded.map((by) => tf.fill([hiddenSize], by))));
    const [weight, bias] = [1, 3].map((i) => tf.stack(directions.map((each) => own(each)[i])));
    const { states, saved } = forward(held ? tf.add(inputs, held) : inputs, weight, tf.expandDims(bias, 1));
    const final = tf.sum(tf.mul(states, last), 0);
    const output = tf.reshape(tf.transpose(final, [1, 0, 2]), [batchSize, directions.length * hiddenSize]);
    return [output, last, { states, ...saved }];
  });
  const value = pass.record({
    op: "finalStates",
    settings: { cell, hiddenSize, width: x.tensor.shape[1]! },
    output,
    inputs: { x, mask, ...parameters },
    saved: (): Record<string, tf.Tensor> => ({ ...saved, last, x: x.tensor }),
    backward(dy, { last, x, ...saved }, wanted: Record<string, boolean>) {
      const arriving = tf.transpose(tf.reshape(dy, [batchSize, directions.length, hiddenSize]), [1, 0, 2]);
      const weight = tf.stack(directions.map((each) => own(each)[1]));
      const slopes = backward(tf.mul(last, tf.expandDims(arriving, 0)), saved, weight);
      const before = shifted(saved.states);
      const gradients: Record<string, tf.Tensor | null> = {};
      directions.forEach((each, d) => {
        const [ofStates, ofInputs] = [slopes.states, slopes.inputs].map((all) => direction(all, d));
        const flat = tf.reshape(ofStates, [-1, rows]);
        const held = () => tf.reshape(direction(before, d), [-1, hiddenSize]);
        if (wanted[`weight_hh${each}`]) gradients[`weight_hh${each}`] = matMul(flat, held(), true, false);
        if (wanted[`bias_hh${each}`]) gradients[`bias_hh${each}`] = tf.sum(flat, 0);
        const inOrder = tf.transpose(d === 1 ? tf.reverse(ofInputs, 0) : ofInputs, [1, 0, 2]);
        const dy = tf.reshape(inOrder, [-1, rows]);
        const [made] = linearGradients([
          {
            dy,
            wanted: { weight: wanted[`weight_ih${each}`], bias: wanted[`bias_ih${each}`] },
            toInput: wanted.x ? { a: dy, b: own(each)[0], add: gradients.x } : null,
            input: () => ({ b: x }),
          },
        ]);
        gradients[`weight_ih${each}`] = made.weight;
        gradients[`bias_ih${each}`] = made.bias;
        gradients.x = made.x;
      });
      return gradients;
    },
  });
  tf.dispose([last, ...Object.values(saved)]);
  return value;
}

/**
 * By time and direction, [n, directions, batch, 1]: 1 at padding that a direction comes upon before any token, null where none does, and 1 at the last
 * token that it reads.
 */
function timesOf(mask: tf.Tensor, directions: number): [tf.Tensor | null, tf.Tensor] {
  const [batchSize, , , length] = mask.shape as number[];
  const hidden = tf.transpose(tf.step(tf.neg(tf.reshape(mask, [batchSize, length]))));
  const behind = tf.concat([tf.slice(hidden, [1], [length - 1]), tf.ones([1, batchSize])]);
  const inTime = (each: tf.Tensor[]) => tf.expandDims(tf.stack(each, 1), 3);
  const ends = tf.sub(behind, hidden);
  if (directions === 1) return [null, inTime([ends])];
  const first = tf.concat([tf.zeros([length - 1, batchSize]), tf.ones([1, batchSize])]);
  return [inTime([tf.zerosLike(hidden), tf.reverse(hidden, 0)]), inTime([ends, first])];
}
