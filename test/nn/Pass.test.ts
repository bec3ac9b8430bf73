import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { linear } from "../../src/nn/linear";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { frostLine, type Stage } from "../../src/nn/Stage";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { drawn } from "./numericalGradient";

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
      pass.record(
        tf.square(x.tensor),
        [x],
        () => [x.tensor],
        (dy, [x]) => {
          alive.push(tf.memory().numTensors);
          return [tf.mul(dy, tf.mul(x, 2))];
        },
      );
    const y = pass.scope("squares", () => {
      const start = pass.record(
        w.value.clone(),
        [w],
        () => [],
        (dy) => [dy.clone()],
      );
      return square(square(square(start)));
    });
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

  it("gives no gradients where nothing was recorded", () => {
    const w = new Parameter("w", tf.ones([1]));
    const pass = new Pass();
    const y = pass.record(
      w.value.clone(),
      [w],
      () => assert.fail("saved though not recorded"),
      () => assert.fail("passed back though not recorded"),
    );
    assert.equal(y.tracked, false);
    assert.equal(pass.backward(y).size, 0);
    y.tensor.dispose();
    w.dispose();
  });

  it("frees everything when an op fails on the way back", () => {
    const { weight, bias } = layer("a");
    const x = tf.ones([2, 4]);
    const before = tf.memory().numTensors;
    const pass = new Pass({ recording: true });
    const sum = pass.scope("sum", () => {
      const hidden = linear(pass, pass.input(x), { weight, bias });
      const broken = pass.record(
        hidden.tensor.clone(),
        [hidden],
        () => [hidden.tensor],
        () => {
          tf.ones([5]);
          throw new Error("OOM when allocating tensor");
        },
      );
      return linear(pass, broken, { weight, bias });
    });
    assert.throws(() => pass.backward(sum), { message: "OOM when allocating tensor" });
    sum.tensor.dispose();
    assert.equal(tf.memory().numTensors, before);
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
