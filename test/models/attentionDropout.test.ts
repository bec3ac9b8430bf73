import assert from "node:assert/strict";
import { it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { topNLayerFreeze } from "../../src/freeze";
import { textInputs } from "../../src/models/textInputs";
import { Pass } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { onEveryFastEngine } from "../onEveryEngine";
import { toyRows } from "../training/toyData";
import { variant } from "./variant";

const DEBERTA = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1, pooler_dropout: 0.1 };
const MODERNBERT = {
  embedding_dropout: 0.1,
  attention_dropout: 0.1,
  mlp_dropout: 0.1,
  classifier_dropout: 0.1,
};

/** Every dropout on, and how often one fires in the embeddings, in each block, and in the head of Python's models. */
const FAMILIES: [string, Record<string, number>, number[]][] = [
  // In a block: relative embeddings, attention weights, attention's output, the feed-forward part's.
  ["deberta-v2", DEBERTA, [1, 4, 4, 4, 2]],
  ["deberta-v2-convolution", DEBERTA, [1, 5, 4, 2]],
  // In a block: attention weights, attention's output, inside the feed-forward part.
  ["modernbert", MODERNBERT, [1, 3, 3, 3, 1]],
  ["modernbert-mean", MODERNBERT, [1, 3, 3, 3, 1]],
];

onEveryFastEngine("dropout", () => {
  const load = (from: string) =>
    AutoModelForSequenceClassification.fromPretrained(from, {
      classes: ["odd", "even"],
      ignoreMismatchedSizes: true,
      log: () => {},
    });

  for (const [name, rates, counts] of FAMILIES) {
    it(`fires in ${name} where it does in Python, and nowhere in eval mode`, async () => {
      const model = await load(variant(name, rates));
      for (const training of [true, false]) {
        const pass = new Pass({ training, seed: [1] });
        const draw = mock.method(pass, "drawSeed");
        const inputs = textInputs({
          batchSize: 1,
          sequenceLength: 9,
          inputIds: new Int32Array(9),
          attentionMask: new Int32Array(9).fill(1),
        });
        const found: number[] = [];
        const seen = () => found.push(draw.mock.callCount() - found.reduce((a, b) => a + b, 0));
        runStages(pass, model.stages, inputs, { seen }).tensor.dispose();
        assert.deepEqual(found, training ? counts : counts.map(() => 0));
      }
      model.dispose();
    });

    it(`leaves no tensor of ${name} behind, and gives the same numbers for the same seed`, async () => {
      const rows = toyRows(10);
      const data = { ...rows, inputIds: rows.inputIds.map((ids) => ids.map((id) => id % 60)) };
      const trained = async (seed: number) => {
        const before = tf.memory().numTensors;
        const model = await load(variant(name, rates));
        topNLayerFreeze(model, 1);
        await fineTune(model, { train: data }, { epochs: 2, batchSize: 4, learningRate: 1e-3, seed });
        const { probabilities } = await predict(model, data);
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
        return probabilities;
      };
      const one = await trained(3);
      assert.deepEqual(await trained(3), one);
      assert.notDeepEqual(await trained(4), one);
    });
  }
});
