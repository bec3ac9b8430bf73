import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast, type Precision } from "../../src/engine/autocast";
import { parametersOf } from "../../src/models/takeParts";
import { textInputs } from "../../src/models/textInputs";
import { activation } from "../../src/nn/activation";
import { Pass } from "../../src/nn/Pass";
import { type PostNormParts, postNormLayer } from "../../src/nn/postNormLayer";
import { postNormLayer as op } from "../../src/ops/postNormLayer/postNormLayer";
import { assertClose } from "../close";
import { onEveryEngine, withoutHalf } from "../onEveryEngine";
import { drawn, leaf, weightedSum } from "./numericalGradient";

/** A pass in which no layer runs as one kernel. */
class OneByOne extends Pass {
  override readonly fuses = false;
}

function partsOf(hidden: number, wide: number): PostNormParts {
  const dense = (name: string, from: number, to: number) => ({
    weight: drawn(`${name}.weight`, [to, from], 1 / Math.sqrt(from)),
    bias: drawn(`${name}.bias`, [to], 0.1),
  });
  const norm = (name: string) => ({
    weight: drawn(`${name}.weight`, [hidden]),
    bias: drawn(`${name}.bias`, [hidden]),
    eps: 1e-12,
  });
  return {
    query: dense("query", hidden, hidden),
    key: dense("key", hidden, hidden),
    value: dense("value", hidden, hidden),
    attended: dense("attended", hidden, hidden),
    attendedNorm: norm("attendedNorm"),
    intermediate: dense("intermediate", hidden, wide),
    output: dense("output", wide, hidden),
    norm: norm("norm"),
  };
}

/** Texts of all lengths up to `seq`, with the mask made: tensors are counted from then on. */
function inputsOf(batchSize: number, seq: number) {
  const inputs = textInputs({
    batchSize,
    sequenceLength: seq,
    inputIds: new Int32Array(batchSize * seq),
    attentionMask: Array.from({ length: batchSize * seq }, (_, i) =>
      i % seq <= Math.floor(i / seq) % seq ? 1 : 0,
    ),
  });
  assert.deepEqual(inputs.mask.shape, [batchSize, 1, 1, seq]);
  return inputs;
}

const options = (heads: number, name: string) => ({
  heads,
  activation: activation(name),
  dropout: { weights: 0.1, attended: 0.1, output: 0.1 },
});

/** As many texts as the kernel takes at least. */
const enough = 2 * availableParallelism();

onEveryEngine("postNormLayer", (engine) => {
  // Chunks of several texts, of one, of uneven numbers; rows that collide in the cache; a depth beyond one stretch.
  for (const [batch, seq, hidden, heads, wide, name] of [
    [enough, 34, 192, 3, 768, "gelu"],
    [enough + 3, 5, 48, 4, 100, "gelu_new"],
    [enough, 150, 32, 2, 64, "relu"],
    [enough + 1, 1, 16, 1, 1600, "silu"],
    [enough, 3, 512, 8, 100, "gelu"],
  ] as const)
    for (const precision of ["fp32", "bf16"] as const)
      it(`gives in eval mode what its ops give one by one: ${[batch, seq, hidden, heads, wide, name, precision]}`, {
        skip: precision === "bf16" && withoutHalf(engine),
      }, () => {
        const parts = partsOf(hidden, wide);
        const inputs = inputsOf(batch, seq);
        const x = drawn("x", [batch * seq, hidden]);
        const before = tf.memory().numTensors;
        const [whole, byOps] = [new Pass(), new OneByOne()].map((pass) =>
          autocast(precision as Precision, () =>
            pass.scope("layer", () =>
              postNormLayer(pass, inputs, pass.input(x.value), parts, options(heads, name)),
            ),
          ),
        );
        assert.equal(whole.tracked, false);
        assertClose(whole.tensor, byOps.tensor.dataSync(), 0);
        assert.equal(tf.memory().numTensors, before + 2);
        tf.dispose([whole.tensor, byOps.tensor]);
        inputs.dispose();
        for (const parameter of [x, ...parametersOf(parts)]) parameter.dispose();
      });

  for (const precision of ["fp32", "bf16"] as const)
    for (const learns of [/./, /^(?!x$)/, /^(?!intermediate)/])
      it(`gives ${learns} the gradients that its ops give one by one, with dropout, in ${precision}`, {
        skip: precision === "bf16" && withoutHalf(engine),
      }, () => {
        // Families name the parts in orders of their own.
        const reversed = Object.entries(partsOf(48, 100)).reverse();
        const parts = Object.fromEntries(reversed) as PostNormParts;
        const inputs = inputsOf(enough + 3, 21);
        const x = drawn("x", [(enough + 3) * 21, 48]);
        for (const parameter of [x, ...parametersOf(parts)])
          parameter.requiresGrad = learns.test(parameter.name);
        const c = drawn("c", x.shape);
        const before = tf.memory().numTensors;
        const trained = [Pass, OneByOne].map((Kind) =>
          autocast(precision as Precision, () => {
            const pass = new Kind({ training: true, recording: true, seed: ["same"] });
            const sum = pass.scope("layer", () => {
              const y = postNormLayer(pass, inputs, leaf(pass, x), parts, options(3, "gelu"));
              return weightedSum(pass, y, c.value);
            });
            return { gradients: pass.backward(sum), sum: sum.tensor };
          }),
        );
        const [whole, byOps] = trained;
        assertClose(whole.sum, byOps.sum.dataSync(), 0);
        assert.deepEqual(new Set(whole.gradients.keys()), new Set(byOps.gradients.keys()));
        assert.equal(whole.gradients.size, [x, ...parametersOf(parts)].filter((p) => p.requiresGrad).length);
        // The norms' are sums over all rows, added up in another order.
        for (const [parameter, gradient] of whole.gradients) {
          const tolerance = /norm/i.test(parameter.name) ? 1e-5 : 0;
          assertClose(gradient, byOps.gradients.get(parameter)!.dataSync(), tolerance, parameter.name);
        }
        for (const { gradients, sum } of trained) tf.dispose([sum, ...gradients.values()]);
        assert.equal(tf.memory().numTensors, before);
        inputs.dispose();
        for (const parameter of [x, c, ...parametersOf(parts)]) parameter.dispose();
      });

  it("takes weights as they are now, whatever they were when it last came by, and in whatever precision", () => {
    const parts = partsOf(16, 32);
    const inputs = inputsOf(enough, 3);
    const x = drawn("x", [enough * 3, 16]);
    const forward = (Kind: typeof Pass) => {
      const pass = new Kind();
      const layer = () => postNormLayer(pass, inputs, pass.input(x.value), parts, options(2, "gelu"));
      const { tensor } = pass.scope("layer", layer);
      const values = tensor.dataSync<"float32">().slice();
      tensor.dispose();
      return values;
    };
    const check = () => {
      const expected = forward(OneByOne);
      for (const _ of [1, 2]) assert.deepEqual(forward(Pass), expected);
      return expected;
    };
    const first = check();
    const kept = parts.intermediate.weight.snapshot();
    parts.intermediate.weight.assign(tf.zeros([32, 16]));
    assert.notDeepEqual(check(), first);
    // The same tensor once more, as where AdamW has changed it in its place.
    const { value } = parts.output.weight;
    parts.output.weight.assign(value);
    check();
    parts.output.weight.assign(drawn("other", [16, 32]).value);
    check();
    parts.intermediate.weight.restore(kept);
    check();
    if (engine === "tensorflow") assert.notDeepEqual(autocast("bf16", check), check());
    kept.dispose();
    inputs.dispose();
    for (const parameter of [x, ...parametersOf(parts)]) parameter.dispose();
  });

  it("drops out while it trains, and passes gradients back where it is recorded", () => {
    const parts = partsOf(16, 32);
    const inputs = inputsOf(enough, 3);
    const x = drawn("x", [enough * 3, 16]);
    const forward = (pass: Pass) =>
      pass.scope("layer", () => postNormLayer(pass, inputs, pass.input(x.value), parts, options(2, "gelu")))
        .tensor;
    const still = forward(new Pass());
    const trained = forward(new Pass({ training: true }));
    const [a, b] = [still, trained].map((tensor) => tensor.dataSync());
    assert.ok(a.some((value, i) => Math.abs(value - b[i]) > 0.1));
    const recorded = new Pass({ recording: true });
    const value = recorded.scope("layer", () =>
      postNormLayer(recorded, inputs, recorded.input(x.value), parts, options(2, "gelu")),
    );
    assert.ok(value.tracked);
    assertClose(value.tensor, a, 0);
    recorded.dispose();
    tf.dispose([still, trained, value.tensor]);
    inputs.dispose();
    for (const parameter of [x, ...parametersOf(parts)]) parameter.dispose();
  });

  it("runs as one kernel on TensorFlow's CPU, but not of few texts, not of a large layer and not in fp16", () => {
    const small = partsOf(16, 32);
    const large = partsOf(512, 2048);
    const { heads, activation } = options(2, "gelu");
    tf.tidy(() => {
      const refuses = (parts: PostNormParts, hidden: number, batch: number) => {
        const [x, mask] = [tf.zeros([batch * 2, hidden]), tf.zeros([batch, 1, 1, 2])];
        const drops = { weights: null, attended: null, output: null };
        const layer = { heads, activation, ...parts };
        return op.declaration.kernels[0].refuses({ x, mask, layer, drops, saves: false });
      };
      const elsewhere = engine === "tensorflow" ? null : "not linked with TensorFlow on a CPU";
      assert.equal(refuses(small, 16, enough), elsewhere);
      assert.equal(refuses(small, 16, enough - 1), elsewhere ?? "too few texts for all cores");
      assert.equal(refuses(large, 512, enough), elsewhere ?? "weights that do not fit into the caches");
      if (engine === "tensorflow")
        assert.equal(
          autocast("fp16", () => refuses(small, 16, enough)),
          "not in fp16",
        );
    });
    for (const parameter of [small, large].flatMap(parametersOf)) parameter.dispose();
  });
});
