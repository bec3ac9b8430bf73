import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type AdamWState, type AdamWUpdate, adamWUpdate } from "../../src/ops/adamW/adamWUpdate";
import { drawn } from "../../src/ops/drawn";
import { dropoutMask } from "../../src/ops/dropoutMask/dropoutMask";
import { gelu, geluGradient } from "../../src/ops/gelu/gelu";
import { matMul } from "../../src/ops/matMul/matMul";
import { segmentSum } from "../../src/ops/segmentSum/segmentSum";
import { sumOfSquares } from "../../src/ops/sumOfSquares/sumOfSquares";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

/** A first step of AdamW without decay, whose eps outweighs the rest. */
const FIRST_STEP = {
  learningRate: 0.1,
  weightDecay: 0,
  betas: [0.9, 0.999] as [number, number],
  eps: 1,
  step: 1,
  gradientScale: 1,
};

/** erf to double precision, by its Maclaurin series. */
function erf(x: number): number {
  let [sum, term] = [0, x];
  for (let k = 0; k < 300; k++) {
    sum += term / (2 * k + 1);
    term *= (-x * x) / (k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

onEveryEngine("kernels", (engine) => {
  it("matMul multiplies either operand transposed, in batches too", () => {
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
      const b = tf.tensor2d([1, 0, 2, -1, 3, 1], [3, 2]);
      const expected = [1 + 4 + 9, -2 + 3, 4 + 10 + 18, -5 + 6];
      const at = tf.transpose(a);
      const bt = tf.transpose(b);
      assertClose(matMul(a, b), expected, 0);
      assertClose(matMul(at, b, true), expected, 0);
      assertClose(matMul(a, bt, false, true), expected, 0);
      assertClose(matMul(at, bt, true, true), expected, 0);
      const batch = matMul(tf.stack([at, tf.mul(at, 2)]), tf.stack([bt, bt]), true, true);
      assertClose(batch, [...expected, ...expected.map((x) => 2 * x)], 0);
    });
  });

  it("gelu is x times the normal distribution function, from the far left to the far right", () => {
    const x = Float32Array.from({ length: 401 }, (_, i) => (i - 200) / 40);
    tf.tidy(() =>
      assertClose(
        gelu(tf.tensor1d(x)),
        x.map((v) => 0.5 * v * (1 + erf(v / Math.SQRT2))),
        1e-6,
      ),
    );
    tf.tidy(() => assertClose(gelu(tf.tensor1d([-60, 60])), [0, 60], 1e-5));
  });

  it("geluGradient multiplies by the slope of gelu", () => {
    const x = Float32Array.from({ length: 401 }, (_, i) => (i - 200) / 40);
    const slope = x.map(
      (v) => 0.5 * (1 + erf(v / Math.SQRT2)) + (v * Math.exp((-v * v) / 2)) / Math.sqrt(2 * Math.PI),
    );
    tf.tidy(() =>
      assertClose(
        geluGradient(tf.fill([401], 3), tf.tensor1d(x)),
        slope.map((s) => 3 * s),
        3e-6,
      ),
    );
    tf.tidy(() => assertClose(geluGradient(tf.ones([2]), tf.tensor1d([-60, 60])), [0, 1], 1e-6));
  });

  it("segmentSum adds the rows of each id and leaves zeros where no id points", () => {
    tf.tidy(() => {
      const x = tf.tensor2d([1, 2, 10, 20, 100, 200, 1000, 2000], [4, 2]);
      const sums = segmentSum(x, tf.tensor1d([2, 0, 2, 3], "int32"), 5);
      assert.deepEqual(sums.shape, [5, 2]);
      assertClose(sums, [10, 20, 0, 0, 101, 202, 1000, 2000, 0, 0], 0);
    });
  });

  it("dropoutMask drops about the share asked for and scales what stays", () => {
    tf.tidy(() => {
      for (const rate of [0.1, 0.5]) {
        const mask = dropoutMask([200, 501], { rate, seed: 7 }).dataSync();
        const kept = mask.filter((x) => x !== 0);
        assert.ok(
          Math.abs(kept.length / mask.length - (1 - rate)) < 0.01,
          `kept ${kept.length / mask.length}`,
        );
        assertClose(kept, new Float32Array(kept.length).fill(1 / (1 - rate)), 1e-6);
      }
    });
  });

  it("dropoutMask depends on its seed and on nothing else", () => {
    tf.tidy(() => {
      const first = dropoutMask([64, 64], { rate: 0.3, seed: 123456 }).dataSync();
      const other = dropoutMask([64, 64], { rate: 0.3, seed: 123457 }).dataSync();
      assert.deepEqual(dropoutMask([64, 64], { rate: 0.3, seed: 123456 }).dataSync(), first);
      const agree = first.filter((x, i) => x === other[i]).length / first.length;
      assert.ok(Math.abs(agree - (0.7 ** 2 + 0.3 ** 2)) < 0.03, `masks of two seeds agree in ${agree}`);
    });
  });

  it("dropoutMask does not repeat along rows or columns", () => {
    tf.tidy(() => {
      const mask = dropoutMask([128, 128], { rate: 0.5, seed: 1 }).dataSync();
      for (const shift of [1, 2, 4, 64, 128]) {
        const agree = mask.filter((x, i) => x === mask[(i + shift) % mask.length]).length / mask.length;
        assert.ok(Math.abs(agree - 0.5) < 0.02, `shifted by ${shift} it agrees in ${agree}`);
      }
    });
  });

  it("adamWUpdate takes the three steps that PyTorch takes", () => {
    // torch.optim.AdamW([p], lr=.1, betas=(.9, .99), eps=1e-6, weight_decay=.2) on p = [1, -2], gradients [.5, 4], [-1, 0], [2, 1]
    const expected = [
      [0.8800001999996, -2.0599999750000064],
      [0.8989609211565909, -2.085957966425122],
      [0.8391512044587845, -2.1102569140203817],
    ];
    const gradients = [
      [0.5, 4],
      [-1, 0],
      [2, 1],
    ];
    let state: AdamWState = {
      value: tf.tensor1d([1, -2]),
      mean: tf.zeros([2]),
      square: tf.zeros([2]),
    };
    gradients.forEach((values, i) => {
      const gradient = tf.tensor1d(values);
      const settings = {
        learningRate: 0.1,
        weightDecay: 0.2,
        betas: [0.9, 0.99] as [number, number],
        eps: 1e-6,
        step: i + 1,
        gradientScale: 1,
      };
      const [next] = adamWUpdate([{ state, gradient, settings }]);
      gradient.dispose();
      for (const key of ["value", "mean", "square"] as const)
        if (state[key] !== next[key]) state[key].dispose();
      state = next;
      assertClose(state.value, expected[i], 1e-6, `step ${i + 1}`);
    });
    tf.dispose([state.value, state.mean, state.square]);
  });

  it("adamWUpdate scales the gradient first, and leaves it as it was", () => {
    tf.tidy(() => {
      const state = () => ({ value: tf.tensor1d([1]), mean: tf.tensor1d([0]), square: tf.tensor1d([0]) });
      const updates = [
        [8, 0.25],
        [2, 1],
      ].map(([gradient, gradientScale]) => ({
        state: state(),
        gradient: tf.tensor1d([gradient]),
        settings: { ...FIRST_STEP, gradientScale },
      }));
      const [scaled, plain] = adamWUpdate(updates);
      assertClose(scaled.value, plain.value.dataSync(), 1e-7);
      assertClose(scaled.square, [0.004], 1e-7);
      assertClose(updates[0].gradient, [8], 0);
    });
  });

  it("adamWUpdate leaves a tensor whose data another one shares as it is", () => {
    tf.tidy(() => {
      const state = { value: tf.tensor1d([1, 2]), mean: tf.tensor1d([0, 0]), square: tf.tensor1d([0, 0]) };
      const kept = state.value.clone();
      const [next] = adamWUpdate([{ state, gradient: tf.tensor1d([8, 8]), settings: FIRST_STEP }]);
      assertClose(kept, [1, 2], 0);
      assert.notDeepEqual(next.value.dataSync(), kept.dataSync());
    });
  });

  it("adamWUpdate of several parameters, small and large, is bit for bit that of each alone", () => {
    const update = (i: number): AdamWUpdate => {
      const shape = [[3], [2, 5], [], [40, 500], [7]][i];
      const [value, mean, gradient] = ["p", "m", "g"].map((name) => drawn(name, ...shape));
      const settings = { ...FIRST_STEP, learningRate: i < 4 ? 0.1 : 0.01, eps: 1e-8 };
      return { state: { value, mean, square: tf.square(drawn("v", ...shape)) }, gradient, settings };
    };
    tf.tidy(() => {
      const together = adamWUpdate([0, 1, 2, 3, 4].map(update));
      for (const [i, state] of together.entries()) {
        const [alone] = adamWUpdate([update(i)]);
        for (const name of ["value", "mean", "square"] as const) {
          assert.deepEqual(state[name].shape, alone[name].shape);
          assert.deepEqual(state[name].dataSync(), alone[name].dataSync(), `${name} of parameter ${i}`);
        }
      }
    });
  });

  it("sumOfSquares adds over all tensors", () => {
    tf.tidy(() => {
      assertClose(sumOfSquares([tf.tensor1d([1, 2]), tf.tensor2d([[3], [-4]]), tf.scalar(2)]), [34], 1e-5);
      assertClose(sumOfSquares([]), [0], 0);
    });
  });

  it("no kernel leaves a tensor behind", () => {
    const x = tf.randomNormal([6, 4], 0, 1, "float32", 1);
    const ids = tf.tensor1d([0, 1, 2, 0, 1, 2], "int32");
    const before = tf.memory().numTensors;
    const made = [
      matMul(x, x, true),
      matMul(x, x, false, true),
      gelu(x),
      geluGradient(x, x),
      segmentSum(x, ids, 3),
      dropoutMask([5, 5], { rate: 0.1, seed: 1 }),
      sumOfSquares([x, x]),
    ];
    assert.equal(tf.memory().numTensors, before + made.length, `on ${engine}`);
    tf.dispose([...made, x, ids]);
  });
});
