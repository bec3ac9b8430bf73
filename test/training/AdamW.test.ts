import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { peakBytes } from "../../src/engine/peakBytes";
import { Parameter } from "../../src/nn/Parameter";
import { AdamW } from "../../src/training/AdamW";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

const rates = () => ({ learningRate: 0.1, weightDecay: 0 });
const parameter = (name: string) => new Parameter(name, tf.tensor1d([1, 1]));

/** One step with a constant gradient on some of the parameters. */
function step(optimizer: AdamW, on: Parameter[], gradient = [1, -1]): void {
  const gradients = new Map(on.map((p) => [p, tf.tensor1d(gradient)]));
  optimizer.step(gradients, rates);
  for (const tensor of gradients.values()) tensor.dispose();
}

onEveryEngine("AdamW", (engine) => {
  it("keeps the moments of a parameter by its name, whatever else is updated beside it", () => {
    const alone = parameter("b");
    const single = new AdamW();
    for (let i = 0; i < 3; i++) step(single, [alone], [i, 1]);

    const [a, b] = [parameter("a"), parameter("b")];
    const optimizer = new AdamW();
    step(optimizer, [a, b], [0, 1]);
    step(optimizer, [b], [1, 1]); // a is frozen now
    step(optimizer, [b, a], [2, 1]); // and thawed again
    assertClose(b.value, alone.value, 0);
    assert.equal(optimizer.steps("a"), 2);
    assert.equal(optimizer.steps("b"), 3);
    for (const p of [a, b, alone]) p.dispose();
    single.dispose();
    optimizer.dispose();
  });

  it("starts a parameter that joins later as if the optimizer had just met it", () => {
    const [early, late] = [parameter("early"), parameter("late")];
    const optimizer = new AdamW();
    step(optimizer, [early]);
    step(optimizer, [early]);
    assert.equal(optimizer.steps("late"), 0);
    step(optimizer, [early, late]);
    // The first step of Adam moves by the learning rate, whatever the gradient's size.
    assertClose(late.value, [0.9, 1.1], 1e-6);
    for (const p of [early, late]) p.dispose();
    optimizer.dispose();
  });

  it("has of large parameters no more than one in memory twice", {
    skip: engine === "cpu" && "plain JavaScript is too slow for large parameters",
  }, () => {
    const extra = (count: number) => {
      const shape = [2 ** 21];
      const all = Array.from({ length: count }, (_, i) => new Parameter(`${i}`, tf.zeros(shape)));
      const gradients = new Map(all.map((p) => [p, tf.ones(shape)]));
      const optimizer = new AdamW();
      optimizer.step(gradients, rates); // makes the moments
      const before = tf.memory().numBytes;
      const peak = peakBytes();
      optimizer.step(gradients, rates);
      const bytes = peak() - before;
      optimizer.dispose();
      for (const tensor of [...all, ...gradients.values()]) tensor.dispose();
      return bytes;
    };
    assert.equal(extra(4), extra(1));
  });

  it("leaves alone the array that a value was made of, and what a snapshot holds", () => {
    // So large that an engine may read it where it lies.
    const array = new Float32Array(1 << 16).fill(1);
    const p = new Parameter("p", tf.tensor1d(array));
    const optimizer = new AdamW();
    const gradient = new Map([[p, tf.ones([array.length])]]);
    const value = () => p.value.dataSync()[0];
    const update = () => optimizer.step(gradient, rates);
    update();
    assert.equal(array[0], 1);
    const taken = p.snapshot();
    const first = value();
    update();
    update();
    const last = value();
    assert.ok(last < first && first < 1);
    p.restore(taken);
    taken.dispose();
    assert.equal(value(), first);
    update();
    assert.ok(value() < first);
    for (const owned of [p, optimizer, ...gradient.values()]) owned.dispose();
  });

  it("gives a changed value another stamp, wherever it lies", () => {
    const p = parameter("p");
    const optimizer = new AdamW();
    const stamps = Array.from({ length: 4 }, () => {
      step(optimizer, [p]);
      return p.stamp;
    });
    assert.equal(new Set(stamps).size, 4);
    for (const owned of [p, optimizer]) owned.dispose();
  });

  it("moves by a scale that was computed as by the number that it is", () => {
    const [by, number] = [parameter("by"), parameter("number")];
    const optimizer = new AdamW();
    const gradient = tf.tensor1d([3, -1]);
    for (const scale of [0.5, 0.25]) {
      const computed = tf.tidy(() => tf.div(scale, tf.scalar(1)));
      optimizer.step(new Map([[by, gradient]]), rates, computed);
      optimizer.step(new Map([[number, gradient]]), rates, scale);
      computed.dispose();
    }
    assertClose(by.value, number.value, 3e-6);
    for (const name of ["mean", "square"] as const)
      assertClose(optimizer.moments.get("by")![name], optimizer.moments.get("number")![name], 3e-6);
    for (const owned of [by, number, gradient, optimizer]) owned.dispose();
  });

  it("leaves everything as it was where that scale is 0, be the gradient infinite, and counts no update that is taken back", () => {
    const [p, other] = [parameter("p"), parameter("other")];
    const [optimizer, never] = [new AdamW(), new AdamW()];
    step(optimizer, [p]);
    step(never, [other]);
    const infinite = new Map([[p, tf.tensor1d([Number.POSITIVE_INFINITY, Number.NaN])]]);
    const none = tf.scalar(0);
    const decaying = () => ({ learningRate: 0.1, weightDecay: 0.5 });
    optimizer.step(infinite, decaying, none);
    optimizer.takeBack(infinite.keys());
    assertClose(p.value, other.value, 0);
    assert.equal(optimizer.steps("p"), 1);
    step(optimizer, [p], [2, 5]);
    step(never, [other], [2, 5]);
    assertClose(p.value, other.value, 0);
    for (const owned of [p, other, optimizer, never, none, ...infinite.values()]) owned.dispose();
  });

  it("takes rate and decay per parameter", () => {
    const [fast, slow] = [parameter("fast"), parameter("slow")];
    const optimizer = new AdamW();
    const gradients = new Map([fast, slow].map((p) => [p, tf.zeros([2])]));
    optimizer.step(gradients, ({ name }) =>
      name === "fast" ? { learningRate: 0.5, weightDecay: 0.5 } : { learningRate: 0.5, weightDecay: 0 },
    );
    assertClose(fast.value, [0.75, 0.75], 1e-6);
    assertClose(slow.value, [1, 1], 0);
    for (const tensor of [...gradients.values(), fast, slow]) tensor.dispose();
    optimizer.dispose();
  });

  it("holds two tensors a parameter and gives them back", () => {
    const p = parameter("p");
    const before = tf.memory().numTensors;
    const optimizer = new AdamW();
    for (let i = 0; i < 3; i++) step(optimizer, [p]);
    assert.equal(tf.memory().numTensors, before + 2);
    optimizer.dispose();
    assert.equal(tf.memory().numTensors, before);
    p.dispose();
  });
});
