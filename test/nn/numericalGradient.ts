import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs-core";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { Random } from "../../src/random";
import { assertClose } from "../close";

/** A parameter of normal values, the same for the same name and shape. */
export function drawn(name: string, shape: number[], scale = 1): Parameter {
  const random = new Random("test", name, ...shape);
  const size = shape.reduce((a, b) => a * b, 1);
  return new Parameter(
    name,
    tf.tensor(
      Float32Array.from({ length: size }, () => scale * random.normal()),
      shape,
    ),
  );
}

/**
 * Checks what an op passes back against differences: for random weights c, the gradient of Σ c · op(inputs) with regard to each
 * element of each input and of each of the `parameters` that the op reads itself. Each source is also frozen in turn: then it gets
 * no gradient, and the others still get theirs. Nothing may be left behind.
 */
export function checkGradients(
  inputs: Parameter[],
  op: (pass: Pass, ...inputs: Value[]) => Value,
  options: { parameters?: Parameter[]; step?: number; tolerance?: number } = {},
): void {
  const { parameters = [], step = 1e-2, tolerance = 2e-3 } = options;
  const sources = [...inputs, ...parameters];
  const before = tf.memory().numTensors;
  const seed = ["gradient check"];
  let c: tf.Tensor | null = null;
  const weighted = (pass: Pass): Value =>
    pass.scope("op", () => {
      const y = op(pass, ...inputs.map((input) => leaf(pass, input)));
      c ??= drawn("c", y.tensor.shape).value;
      return weightedSum(pass, y, c);
    });
  const gradientsNow = () => {
    const pass = new Pass({ training: true, recording: true, seed });
    const sum = weighted(pass);
    const gradients = pass.backward(sum);
    sum.tensor.dispose();
    return gradients;
  };
  const valueNow = () => {
    const sum = weighted(new Pass({ training: true, seed }));
    const [value] = sum.tensor.dataSync();
    sum.tensor.dispose();
    return value;
  };

  const whole = gradientsNow();
  assert.equal(whole.size, sources.length);
  for (const source of sources) {
    const gradient = whole.get(source)!;
    assert.deepEqual(gradient.shape, source.shape);
    const actual = gradient.dataSync();
    const values = source.value.dataSync().slice();
    const scale = Math.max(1, ...actual.map(Math.abs));
    for (let i = 0; i < values.length; i++) {
      const at = (shift: number) => {
        const moved = values.slice();
        moved[i] += shift;
        source.assign(tf.tensor(moved, source.shape));
        return valueNow();
      };
      const slope = (at(step) - at(-step)) / (2 * step);
      assert.ok(
        Math.abs(slope - actual[i]) <= tolerance * scale,
        `${source.name}[${i}]: backward says ${actual[i]}, differences say ${slope}`,
      );
    }
    source.assign(tf.tensor(values, source.shape));
  }
  for (const frozen of sources) {
    frozen.requiresGrad = false;
    const rest = gradientsNow();
    assert.deepEqual(new Set(rest.keys()), new Set(sources.filter((source) => source !== frozen)));
    for (const [source, gradient] of rest) {
      assertClose(gradient, whole.get(source)!, 1e-6, `${source.name} with ${frozen.name} frozen`);
      gradient.dispose();
    }
    frozen.requiresGrad = true;
  }
  for (const gradient of whole.values()) gradient.dispose();
  (c as tf.Tensor | null)?.dispose();
  assert.equal(tf.memory().numTensors, before, "tensors were left behind");
}

/** Σ c · y, whose gradient is that of y by these weights. */
export function weightedSum(pass: Pass, y: Value, c: tf.Tensor): Value {
  return pass.record({
    output: tf.sum(tf.mul(y.tensor, c)),
    inputs: { y },
    backward: (dy) => ({ y: tf.mul(dy, c) }),
  });
}

/** A parameter as a value: the gradient of the one is that of the other. */
export function leaf(pass: Pass, parameter: Parameter): Value {
  return pass.record({
    output: parameter.value.clone(),
    inputs: { parameter },
    backward: (dy) => ({ parameter: dy.clone() }),
  });
}
