import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../ops/matMul/matMul";
import { shifted } from "./shifted";

/** What is computed over time, [n, directions, batch, …] each: from the inputs' share of the gates, which their own bias belongs to. */
interface Cell {
  /** How many gates there are, of `hiddenSize` rows each. */
  gates: number;
  /** What is added to each gate at padding, so that a state of zeros stays. */
  padded: number[];
  /** The states after each time, and what backward reads besides. `weight` [directions, gates · hidden, hidden], `bias` [directions, 1, gates · hidden]. */
  forward(
    inputs: tf.Tensor,
    weight: tf.Tensor,
    bias: tf.Tensor,
  ): { states: tf.Tensor; saved: Record<string, tf.Tensor> };
  /** From the gradient of the states to those of both shares of the gates, before their functions: the inputs' and the states'. */
  backward(
    dy: tf.Tensor,
    saved: Record<string, tf.Tensor>,
    weight: tf.Tensor,
  ): { inputs: tf.Tensor; states: tf.Tensor };
}

/** A gate is wide open, or shut, to the last bit of a float32. */
const OPEN = 1e9;

const lessThanOne = (x: tf.Tensor) => tf.sub(1, x);
/** Of a sigmoid and of a hyperbolic tangent, from their values. */
const slopeOfSigmoid = (y: tf.Tensor) => tf.mul(y, lessThanOne(y));
const slopeOfTanh = (y: tf.Tensor) => lessThanOne(tf.square(y));
const product = (...factors: tf.Tensor[]) => factors.reduce((a, b) => tf.mul(a, b));
const times = (x: tf.Tensor, count: number) =>
  tf.concat(
    Array.from({ length: count }, () => x),
    -1,
  );

/** The so many-th of equally wide gates. */
function gate(x: tf.Tensor, place: number, width: number): tf.Tensor {
  const lead = x.shape.slice(0, -1);
  return tf.slice(x, [...lead.map(() => 0), place * width], [...lead, width]);
}

/** Hochreiter and Schmidhuber 1997, with a forget gate; gates i, f, g, o: c = f c + i g, h = o tanh(c). */
const lstm: Cell = {
  gates: 4,
  padded: [-OPEN, OPEN, 0, 0],
  forward(inputs, weight, bias) {
    const width = weight.shape[2]!;
    const zeros = tf.zeros([...inputs.shape.slice(1, 3), width]);
    let [state, cell]: tf.Tensor[] = [zeros, zeros];
    const [gates, states, cells]: tf.Tensor[][] = [[], [], []];
    for (const share of tf.unstack(tf.add(inputs, bias))) {
      const sums = tf.add(share, matMul(state, weight, false, true));
      const [i, f, , o] = tf.split(tf.sigmoid(sums), 4, 2);
      cell = tf.add(tf.mul(f, cell), tf.mul(i, tf.tanh(gate(sums, 2, width))));
      state = tf.mul(o, tf.tanh(cell));
      gates.push(sums);
      states.push(state);
      cells.push(cell);
    }
    return { states: tf.stack(states), saved: { gates: tf.stack(gates), cells: tf.stack(cells) } };
  },
  backward(dy, { gates, cells }, weight) {
    const width = weight.shape[2]!;
    const [i, f, , o] = tf.split(tf.sigmoid(gates), 4, 3);
    const [g, shown] = [tf.tanh(gate(gates, 2, width)), tf.tanh(cells)];
    const slopes = tf.unstack(
      tf.concat(
        [
          product(g, slopeOfSigmoid(i)),
          product(shifted(cells), slopeOfSigmoid(f)),
          product(i, slopeOfTanh(g)),
          product(shown, slopeOfSigmoid(o)),
        ],
        3,
      ),
    );
    const [arriving, kept, toCell] = [dy, f, product(o, slopeOfTanh(shown))].map((all) => tf.unstack(all));
    const made: tf.Tensor[] = [];
    let [ofState, ofCell]: (tf.Tensor | null)[] = [null, null];
    for (let t = arriving.length - 1; t >= 0; t--) {
      const dh: tf.Tensor = ofState ? tf.add(arriving[t], ofState) : arriving[t];
      const through = tf.mul(dh, toCell[t]);
      const dc: tf.Tensor = ofCell ? tf.add(through, ofCell) : through;
      made[t] = tf.mul(tf.concat([dc, dc, dc, dh], 2), slopes[t]);
      if (t === 0) break;
      ofState = matMul(made[t], weight);
      ofCell = tf.mul(dc, kept[t]);
    }
    const both = tf.stack(made);
    return { inputs: both, states: both };
  },
};

/** Cho et al. 2014 as cuDNN and PyTorch have it; gates r, z, n: n = tanh(x_n + r h_n), h = (1 - z) n + z h. */
const gru: Cell = {
  gates: 3,
  padded: [0, OPEN, 0],
  forward(inputs, weight, bias) {
    const width = weight.shape[2]!;
    const [both, ofNew] = tf.split(inputs, [2 * width, width], 3).map((all) => tf.unstack(all));
    let state: tf.Tensor = tf.zeros([...inputs.shape.slice(1, 3), width]);
    const [gates, shares, news, states]: tf.Tensor[][] = [[], [], [], []];
    both.forEach((share, t) => {
      const sums = tf.add(matMul(state, weight, false, true), bias);
      const [toGates, toNew] = tf.split(sums, [2 * width, width], 2);
      const opened = tf.sigmoid(tf.add(share, toGates));
      const [r, z] = tf.split(opened, 2, 2);
      const made = tf.tanh(tf.add(ofNew[t], tf.mul(r, toNew)));
      state = tf.add(made, tf.mul(z, tf.sub(state, made)));
      gates.push(opened);
      shares.push(toNew);
      news.push(made);
      states.push(state);
    });
    const saved = { gates: tf.stack(gates), shares: tf.stack(shares), news: tf.stack(news) };
    return { states: tf.stack(states), saved };
  },
  backward(dy, { states, gates, shares, news }, weight) {
    const [r, z] = tf.split(gates, 2, 3);
    const ofNew = tf.mul(lessThanOne(z), slopeOfTanh(news));
    const ofR = product(ofNew, shares, slopeOfSigmoid(r));
    const ofZ = product(tf.sub(shifted(states), news), slopeOfSigmoid(z));
    const toStates = tf.concat([ofR, ofZ, tf.mul(ofNew, r)], 3);
    const [arriving, slopes, kept] = [dy, toStates, z].map((all) => tf.unstack(all));
    const made: tf.Tensor[] = [];
    let next: tf.Tensor | null = null;
    for (let t = arriving.length - 1; t >= 0; t--) {
      const dh: tf.Tensor = next ? tf.add(arriving[t], next) : arriving[t];
      made[t] = dh;
      if (t > 0) next = tf.add(tf.mul(dh, kept[t]), matMul(tf.mul(times(dh, 3), slopes[t]), weight));
    }
    const all = times(tf.stack(made), 3);
    return { inputs: tf.mul(all, tf.concat([ofR, ofZ, ofNew], 3)), states: tf.mul(all, toStates) };
  },
};

export const CELLS = { gru, lstm } satisfies Record<string, Cell>;

export type CellName = keyof typeof CELLS;
