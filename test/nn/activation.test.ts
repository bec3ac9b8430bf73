import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { activation } from "../../src/nn/activation";
import { linear } from "../../src/nn/linear";
import { Parameter } from "../../src/nn/Parameter";
import { Pass, type Value } from "../../src/nn/Pass";
import { gated } from "../../src/ops/activations/activations";
import { assertClose } from "../close";
import { variant } from "../models/variant";
import { onEveryEngineAndWebgpu, onEveryFastEngine } from "../onEveryEngine";
import { compare } from "../onnx/compare";
import { leaf, weightedSum } from "./numericalGradient";

interface Truth {
  x: number[];
  functions: Record<string, { y: number[]; slope: number[] }>;
  withWeights: string[];
}

const { x, functions, withWeights }: Truth = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/activations/activations.json"), "utf8"),
);

/** What an op makes of a row of `values`, and the gradient of its sum. */
async function run(values: number[], op: (pass: Pass, u: Value) => Value) {
  const u = new Parameter("u", tf.tensor(values, [1, values.length]));
  const pass = new Pass({ training: true, recording: true, seed: [1] });
  const y = op(pass, leaf(pass, u));
  const made = await y.tensor.data();
  const ones = tf.onesLike(y.tensor);
  const total = weightedSum(pass, y, ones);
  const slope = pass.backward(total).get(u)!;
  const slopes = await slope.data();
  for (const tensor of [total.tensor, ones, slope]) tensor.dispose();
  pass.dispose();
  u.dispose();
  return { y: made, slope: slopes };
}

onEveryEngineAndWebgpu("An activation", () => {
  for (const [name, truth] of Object.entries(functions)) {
    it(`${name} is what PyTorch computes, and so is its gradient`, async () => {
      const made = tf.tidy(() => {
        const at = tf.tensor(x, [3, x.length / 3]);
        const f = activation(name);
        return [f.forward(at), f.gradient(tf.onesLike(at), at)];
      });
      for (const tensor of made) assert.deepEqual(tensor.shape, [3, x.length / 3]);
      const [y, slope] = await Promise.all(made.map((tensor) => tensor.data()));
      assertClose(y, truth.y, 1e-5, name);
      assertClose(slope, truth.slope, 1e-5, `slope of ${name}`);
      tf.dispose(made);
    });

    it(`${name} is that in front of a dense layer too, gated or not, forward and backward`, async () => {
      const width = x.length;
      const [weight, bias] = [
        new Parameter("weight", tf.eye(width)),
        new Parameter("bias", tf.zeros([width])),
      ];
      for (const parameter of [weight, bias]) parameter.requiresGrad = false;
      const f = activation(name);
      const dense = await run(x, (pass, u) => linear(pass, u, { weight, bias }, f));
      assertClose(dense.y, truth.y, 1e-5, name);
      assertClose(dense.slope, truth.slope, 1e-5, `slope of ${name}`);
      const product = await run([...x, ...x.map(() => 1)], (pass, u) =>
        linear(pass, u, { weight, bias }, gated(f, width)),
      );
      assertClose(product.y, truth.y, 1e-5, name);
      assertClose(product.slope.slice(0, width), truth.slope, 1e-5, `slope of ${name}`);
      assertClose(product.slope.slice(width), truth.y, 1e-5, `slope at the gate of ${name}`);
      for (const parameter of [weight, bias]) parameter.dispose();
    });
  }
});

describe("Names of activations", () => {
  it("with weights of their own are refused, in each field that names one", async () => {
    assert.deepEqual(withWeights, ["prelu", "xielu"]);
    for (const [family, field] of [
      ["bert", "hidden_act"],
      ["distilbert", "activation"],
      ["deberta-v2", "pooler_hidden_act"],
      ["modernbert", "hidden_activation"],
      ["modernbert", "classifier_activation"],
    ])
      for (const name of withWeights)
        await assert.rejects(Auto.fromPretrained(variant(family, { [field]: name })), {
          name: "InputError",
          message: new RegExp(
            `config\\.json: ${field}: ${name} has weights of its own, which are not supported; expected one of gelu, `,
          ),
        });
  });

  it("that nobody knows are refused, as are the names that every object has", () => {
    for (const name of ["gelu2", "", "constructor", "toString"])
      assert.throws(() => activation(name), / activation: expected one of gelu, .*, got /);
  });
});

onEveryFastEngine("An exported activation", () => {
  for (const name of Object.keys(functions))
    it(`${name} is the same in ONNX Runtime`, async () => {
      const model = await Auto.fromPretrained(variant("bert", { hidden_act: name }), { log: assert.fail });
      await compare(model, [[3, 9]]);
      model.dispose();
    });
});
