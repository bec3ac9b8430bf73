import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForTokenClassification as Auto } from "../../src/checkpoint/AutoModelForTokenClassification";
import { topNLayerFreeze } from "../../src/freeze";
import { textInputs } from "../../src/models/textInputs";
import { AdamW } from "../../src/training/AdamW";
import { assertClose, distance } from "../close";
import { onEveryEngine } from "../onEveryEngine";
import { lossAndGradientsOf } from "./parityTests";
import { expected, LABELS, withTokenHead } from "./tokenHeads";

onEveryEngine("A model for token classification", () => {
  for (const [family, wanted] of Object.entries(expected)) {
    const { input_ids, attention_mask } = wanted.inputs;
    const rows = { inputIds: input_ids, attentionMask: attention_mask };
    const seen = attention_mask.flat();
    const inputs = () =>
      textInputs({
        batchSize: input_ids.length,
        sequenceLength: input_ids[0].length,
        inputIds: input_ids.flat(),
        attentionMask: seen,
      });
    /** Asserts that the logits of all tokens are these; those of padding are nobody's. */
    const assertLogits = async (logits: tf.Tensor, theirs: number[][], tolerance: number) => {
      const ours = await logits.data();
      theirs.forEach((token, i) => {
        if (seen[i])
          assertClose(ours.slice(i * LABELS.length, (i + 1) * LABELS.length), token, tolerance, `token ${i}`);
      });
      logits.dispose();
    };

    it(`has Transformers' parameters, logits, loss of labels of which some are ignored, and gradients: ${family}`, async () => {
      const folder = await withTokenHead(family);
      const before = tf.memory().numTensors;
      const model = await Auto.fromPretrained(folder, { log: assert.fail });
      assert.deepEqual(
        model.namedParameters().map(([name, { shape }]) => [name, shape]),
        wanted.parameters,
      );
      assert.deepEqual(model.classes, LABELS);
      const { logits } = model.forward(rows);
      assert.deepEqual(logits.shape, [...[input_ids.length, input_ids[0].length], LABELS.length]);
      await assertLogits(logits, wanted.logits, 1e-5);
      const { loss, gradients } = await lossAndGradientsOf(model, { expected: wanted, inputs });
      assert.ok(Math.abs(loss - wanted.loss) <= 1e-6, `loss ${loss}, Transformers' is ${wanted.loss}`);
      assert.deepEqual(
        [...gradients.keys()].map(({ name }) => name).sort(),
        Object.keys(wanted.gradients).sort(),
      );
      for (const [{ name }, gradient] of gradients) {
        const { norm, first } = wanted.gradients[name];
        const values = await gradient.data();
        const tolerance = 1e-4 * norm + 1e-7;
        assert.ok(Math.abs(Math.hypot(...values) - norm) <= tolerance, `${name}: norm`);
        assert.ok(distance(values.slice(0, first.length), first) <= tolerance, `${name}: values`);
      }
      tf.dispose([...gradients.values()]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before, "tensors left behind");
    });

    it(`gives the same logits after three AdamW steps with the embeddings and a block frozen: ${family}`, async () => {
      const model = await Auto.fromPretrained(await withTokenHead(family), { log: assert.fail });
      assert.deepEqual(topNLayerFreeze(model, 1), wanted.frozen);
      const optimizer = new AdamW();
      for (let step = 0; step < 3; step++) {
        const { gradients } = await lossAndGradientsOf(model, { expected: wanted, inputs });
        assert.equal(gradients.size, wanted.parameters.length - wanted.frozen.length);
        optimizer.step(gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
        tf.dispose([...gradients.values()]);
      }
      await assertLogits(model.forward(rows).logits, wanted.trained, 1e-4);
      optimizer.dispose();
      model.dispose();
    });
  }
});
