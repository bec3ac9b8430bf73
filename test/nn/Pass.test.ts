import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { add, dropout } from "../../src/nn/elementwise";
import { linear } from "../../src/nn/linear";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { frostLine, type Stage } from "../../src/nn/Stage";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { drawn, leaf } from "./numericalGradient";

const layer = (name: string) => ({
  weight: drawn(`${name}.weight`, [4, 4]),
  bias: drawn(`${name}.bias`, [4]),
});

onEveryEngine("Pass", () => {
  it("keeps nothing of what lies below the first trainable parameter", () => {
    const layers = [layer("a"), layer("b"), layer("c")];
    const x = tf.ones([2, 4]);
    const alive = (frozen: number) => {
      layers.forEach(({ weight, bias }, i) => {
        weight.requiresGrad = bias.requiresGrad = i >= frozen;
      });
      const before = tf.memory().numTensors;
      const pass = new Pass({ recording: true });
      const y = pass.scope("all", () =>
        layers.reduce<Value>((value, l) => linear(pass, value, l), pass.input(x)),
      );
      const kept = tf.memory().numTensors - before - 1;
      pass.dispose();
      y.tensor.dispose();
      assert.equal(tf.memory().numTensors, before);
      return kept;
    };
    // each trainable layer keeps its input
    assert.deepEqual([0, 1, 2, 3].map(alive), [3, 2, 1, 0]);
    for (const { weight, bias } of layers) for (const p of [weight, bias]) p.dispose();
    x.dispose();
  });

  it("frees what an op saved as soon as backward has passed it", () => {
    const w = new Parameter("w", tf.tensor1d([2]));
    const alive: number[] = [];
    const pass = new Pass({ recording: true });
    const square = (x: Value): Value =>
      pass.record({
        output: tf.square(x.tensor),
        inputs: { x },
        saved: () => ({ x: x.tensor }),
        backward(dy, { x }) {
          alive.push(tf.memory().numTensors);
          return { x: tf.mul(dy, tf.mul(x, 2)) };
        },
      });
    const y = pass.scope("squares", () => square(square(square(leaf(pass, w)))));
    const gradient = pass.backward(y).get(w)!;
    assertClose(gradient, [8 * 2 ** 7], 0);
    assert.deepEqual(
      alive.map((count) => count - alive[0]),
      [0, -1, -2],
    );
    tf.dispose([gradient, y.tensor]);
    w.dispose();
  });

  it("draws the same dropout seeds in a scope whatever ran before it", () => {
    const draws = (names: string[]) => {
      const pass = new Pass({ training: true, seed: [7, "epoch", 1] });
      const seeds: Record<string, number[]> = {};
      for (const name of names)
        pass
          .scope(name, () => {
            seeds[name] = [pass.drawSeed(), pass.drawSeed()];
            return pass.input(tf.scalar(0));
          })
          .tensor.dispose();
      return seeds;
    };
    const { b } = draws(["a", "b"]);
    assert.deepEqual(draws(["b"]), { b });
    assert.notEqual(b[0], b[1]);
    assert.notDeepEqual(draws(["a"]).a, b);
  });

  it("tells an op by name which gradients are wanted, asks it for what it saves by name, and goes by the names of what it gives", () => {
    const [a, b] = [new Parameter("a", tf.tensor1d([2])), new Parameter("b", tf.tensor1d([5]))];
    const mask = tf.tensor1d([3]);
    const told: unknown[] = [];
    const product = (pass: Pass) => {
      const y = pass.record({
        output: tf.tidy(() => tf.mul(tf.mul(a.value, b.value), mask)),
        inputs: { a, b, mask, none: null, left: undefined },
        saved: (wanted) => ({ a: wanted.b ? a.value : null, b: wanted.a ? b.value : null, mask }),
        backward(dy, saved, wanted, gathered) {
          told.push({ ...wanted }, Object.keys(saved), gathered("a"));
          const d = tf.mul(dy, saved.mask);
          // In another order than they went in.
          return { b: wanted.b ? tf.mul(d, saved.a!) : null, a: wanted.a ? tf.mul(d, saved.b!) : undefined };
        },
      });
      const gradients = pass.backward(y);
      const values = [a, b].map((source) => gradients.get(source)?.dataSync()[0]);
      tf.dispose([y.tensor, ...gradients.values()]);
      return values;
    };
    const before = tf.memory().numTensors;
    assert.deepEqual(product(new Pass({ recording: true })), [15, 6]);
    b.requiresGrad = false;
    assert.deepEqual(product(new Pass({ recording: true })), [15, undefined]);
    const others = { mask: false, none: false, left: false };
    assert.deepEqual(told, [
      ...[{ a: true, b: true, ...others }, ["a", "b", "mask"], null],
      ...[{ a: true, b: false, ...others }, ["b", "mask"], null],
    ]);
    assert.equal(tf.memory().numTensors, before);
    for (const tensor of [a, b, mask]) tensor.dispose();
  });

  it("gives no gradients where nothing was recorded", () => {
    const w = new Parameter("w", tf.ones([1]));
    const pass = new Pass();
    const y = pass.record({
      output: w.value.clone(),
      inputs: { w },
      saved: () => assert.fail("saved though not recorded"),
      backward: () => assert.fail("passed back though not recorded"),
    });
    assert.equal(y.tracked, false);
    assert.equal(pass.backward(y).size, 0);
    y.tensor.dispose();
    w.dispose();
  });

  it("frees everything when an op fails in backward", () => {
    const { weight, bias } = layer("a");
    const x = tf.ones([2, 4]);
    const before = tf.memory().numTensors;
    const pass = new Pass({ recording: true });
    const sum = pass.scope("sum", () => {
      const hidden = linear(pass, pass.input(x), { weight, bias });
      const broken = pass.record({
        output: hidden.tensor.clone(),
        inputs: { hidden },
        saved: () => ({ hidden: hidden.tensor }),
        backward() {
          tf.ones([5]);
          throw new Error("OOM when allocating tensor");
        },
      });
      return linear(pass, broken, { weight, bias });
    });
    assert.throws(() => pass.backward(sum), { message: "OOM when allocating tensor" });
    sum.tensor.dispose();
    assert.equal(tf.memory().numTensors, before);
    for (const tensor of [weight, bias, x]) tensor.dispose();
  });

  it("keeps of a checkpointed part its input alone, and gives what it would give otherwise, bit for bit", async () => {
    const start = tf.memory().numTensors;
    const parts = [layer("a"), layer("b"), layer("c")];
    const x = tf.ones([2, 4]);
    const run = (checkpointing: boolean) => {
      const pass = new Pass({ recording: true, training: true, seed: [3] });
      const before = tf.memory().numTensors;
      const forward = (input: Value, part: (typeof parts)[0], i: number) => {
        // A residual connection around a dropout: its gradient comes from two sides.
        const compute = () =>
          add(pass, dropout(pass, linear(pass, linear(pass, input, part), part), 0.3), input);
        return checkpointing
          ? pass.checkpointed(`part ${i}`, input, compute)
          : pass.scope(`part ${i}`, compute);
      };
      const output = pass.scope("all", () => parts.reduce<Value>(forward, pass.input(x)));
      const kept = tf.memory().numTensors - before;
      const gradients = pass.backward(output);
      const values = [
        output.tensor,
        ...parts.flatMap((part) => Object.values(part)).map((p) => gradients.get(p)!),
      ];
      return { kept, values };
    };
    const [plain, less] = [run(false), run(true)];
    // Three inputs and the output itself.
    assert.equal(less.kept, 3 + 1);
    assert.ok(plain.kept > less.kept);
    for (const [i, value] of less.values.entries())
      assert.deepEqual(await value.data(), await plain.values[i].data());
    tf.dispose([...plain.values, ...less.values]);
    for (const part of parts) for (const p of Object.values(part)) p.dispose();
    x.dispose();
    assert.equal(tf.memory().numTensors, start);
  });

  it("runs a checkpointed part once where nothing of it is recorded, and twice, told so, where it is", () => {
    const { weight, bias } = layer("a");
    const x = tf.ones([2, 4]);
    const told = (recording: boolean, learns: boolean) => {
      weight.requiresGrad = bias.requiresGrad = learns;
      const pass = new Pass({ recording });
      const times: boolean[] = [];
      const y = pass.checkpointed("part", pass.input(x), () => {
        times.push(pass.recomputing);
        return linear(pass, pass.input(x), { weight, bias });
      });
      tf.dispose([y.tensor, ...pass.backward(y).values()]);
      assert.equal(pass.recomputing, false);
      return times;
    };
    assert.deepEqual(told(false, true), [false]);
    assert.deepEqual(told(true, false), [false]);
    assert.deepEqual(told(true, true), [false, true]);
    for (const tensor of [weight, bias, x]) tensor.dispose();
  });

  it("records what checkpointed parts share once, where the first of them makes it", async () => {
    const table = drawn("table", [2, 4]);
    const parts = [layer("a"), layer("b")];
    const x = tf.ones([2, 4]);
    const run = async (checkpointing: boolean) => {
      const pass = new Pass({ recording: true });
      let made: Value | null = null;
      let times = 0;
      const shared = () => {
        made ??= pass.shared(() => {
          times++;
          const twice = add(pass, leaf(pass, table), pass.input(x));
          tf.keep(twice.tensor);
          return twice;
        });
        return made;
      };
      const y = parts.reduce<Value>((input, part, i) => {
        const forward = () => linear(pass, add(pass, input, shared()), part);
        return checkpointing ? pass.checkpointed(`${i}`, input, forward) : pass.scope(`${i}`, forward);
      }, pass.input(x));
      const gradients = pass.backward(y);
      assert.equal(times, 1);
      const values = await gradients.get(table)!.data();
      tf.dispose([y.tensor, made!.tensor, ...gradients.values()]);
      return values;
    };
    assert.deepEqual(await run(true), await run(false));
    for (const part of parts) for (const p of Object.values(part)) p.dispose();
    for (const tensor of [table, x]) tensor.dispose();
  });

  it("frees everything when a part fails the second time, and what it owns when it is disposed", () => {
    const { weight, bias } = layer("a");
    const [x, owned] = [tf.ones([2, 4]), tf.ones([1])];
    const before = tf.memory().numTensors;
    const pass = new Pass({ recording: true });
    pass.own(owned);
    const part = (input: Value) => () => {
      const y = linear(pass, input, { weight, bias });
      if (pass.recomputing) throw new Error("OOM when allocating tensor");
      return y;
    };
    const first = pass.checkpointed("first", pass.input(x), () =>
      linear(pass, pass.input(x), { weight, bias }),
    );
    const second = pass.checkpointed("second", first, part(first));
    const outputs = [first.tensor, second.tensor];
    assert.ok(!owned.isDisposed);
    assert.throws(() => pass.backward(second), { message: "OOM when allocating tensor" });
    tf.dispose(outputs);
    assert.equal(tf.memory().numTensors, before - 1);
    assert.equal(pass.recomputing, false);
    for (const tensor of [weight, bias, x]) tensor.dispose();
  });

  it("frostLine counts the leading stages with nothing trainable", () => {
    const shared = new Parameter("shared", tf.ones([1]));
    const own = new Parameter("own", tf.ones([1]));
    const stage = (...parameters: Parameter[]): Stage<never> => ({
      name: "",
      parameters,
      forward: () => assert.fail(),
    });
    const stages = [stage(shared), stage(), stage(own, shared), stage(own)];
    const line = (sharedLearns: boolean, ownLearns: boolean) => {
      shared.requiresGrad = sharedLearns;
      own.requiresGrad = ownLearns;
      return frostLine(stages);
    };
    assert.equal(line(true, true), 0);
    assert.equal(line(false, true), 2);
    assert.equal(line(false, false), 4);
    shared.dispose();
    own.dispose();
  });
});
