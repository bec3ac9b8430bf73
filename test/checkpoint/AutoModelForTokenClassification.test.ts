import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { AutoModelForTokenClassification as Auto } from "../../src/checkpoint/AutoModelForTokenClassification";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { textInputs } from "../../src/models/textInputs";
import { AdamW } from "../../src/training/AdamW";
import { assertClose } from "../close";
import { type Made, makeInPython, noPython, readInPython } from "../inPython";
import { fixture } from "../models/againstPyTorch";
import { lossAndGradientsOf } from "../models/parityTests";
import { makeFolder } from "./madeByHand";

const tags = ["O", "B-PER", "I-PER"];

const rows = {
  inputIds: [
    [2, 14, 109, 113, 67, 83, 3],
    [2, 104, 45, 3, 0, 0, 0],
  ],
  attentionMask: [
    [1, 1, 1, 1, 1, 1, 1],
    [1, 1, 1, 1, 0, 0, 0],
  ],
};

describe("AutoModelForTokenClassification", () => {
  before(() => useEngine("onnxruntime"));

  it("draws a head for the tags it is told, and says what it leaves of the checkpoint", async () => {
    const said: string[] = [];
    const log = (line: string) => said.push(line);
    const options = { classes: [...tags, "B-LOC", "I-LOC"], log, ignoreMismatchedSizes: true };
    const model = await Auto.fromPretrained(fixture("bert").folder, options);
    assert.deepEqual(model.newlyInitialized, ["classifier.weight", "classifier.bias"]);
    assert.deepEqual(said, [
      "newly initialised: classifier.weight, classifier.bias",
      "not used from the checkpoint: bert.pooler.dense.bias, bert.pooler.dense.weight, classifier.bias, classifier.weight",
    ]);
    assert.deepEqual(model.parameter("classifier.weight").shape, [5, 32]);
    const first = await model.parameter("classifier.weight").value.data();
    model.reinitialize(1);
    assert.notDeepEqual(await model.parameter("classifier.weight").value.data(), first);
    model.dispose();
  });

  it("gives the logits of each token of each row, and the hidden states they are told from", async () => {
    const count = tf.memory().numTensors;
    const model = await Auto.fromPretrained(fixture("bert").folder, { log: () => {} });
    const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
    assert.deepEqual(logits.shape, [2, 7, 3]);
    assert.deepEqual(
      hiddenStates.map(({ shape }) => shape),
      [0, 1, 2, 3].map(() => [2, 7, 32]),
    );
    tf.dispose([logits, ...hiddenStates]);
    model.dispose();
    assert.equal(tf.memory().numTensors, count, "tensors left behind");
  });

  it("saves Python's class and the tags, and nothing of a sequence classifier it came from", async () => {
    const texts = await AutoModelForSequenceClassification.fromPretrained(fixture("bert").folder, {
      head: "mean",
      log: () => {},
    });
    const [from, to] = [join(makeFolder(), "texts"), join(makeFolder(), "tokens")];
    await texts.savePretrained(from);
    texts.dispose();
    const model = await Auto.fromPretrained(from, { classes: tags, log: () => {} });
    await model.savePretrained(to);
    const config = JSON.parse(readFileSync(join(to, "config.json"), "utf8"));
    assert.deepEqual(config.architectures, ["BertForTokenClassification"]);
    assert.deepEqual(config.id2label, { 0: "O", 1: "B-PER", 2: "I-PER" });
    assert.deepEqual(config.label2id, { O: 0, "B-PER": 1, "I-PER": 2 });
    assert.ok(!("problem_type" in config) && !("frostkit_head" in config));
    const again = await Auto.fromPretrained(to, { log: assert.fail });
    assert.deepEqual(again.classes, tags);
    assert.deepEqual(await bitsOf(again), await bitsOf(model));
    again.dispose();
    model.dispose();
  });

  it("keeps each tag's logit when the same tags are asked for in another order", async () => {
    const load = (from: string, classes?: string[]) =>
      Auto.fromPretrained(from, { ...(classes && { classes }), log: assert.fail });
    const to = join(makeFolder(), "tokens");
    const named = await Auto.fromPretrained(fixture("bert").folder, { classes: tags, log: () => {} });
    await named.savePretrained(to);
    named.dispose();
    const [model, turned] = [await load(to), await load(to, [...tags].reverse())];
    const [a, b] = [model, turned].map((each) => each.forward(rows).logits);
    assertClose(await tf.reverse(b, 2).data(), await a.data(), 1e-6);
    await assert.rejects(load(to, ["O", "I-PER", "B-LOC"]), {
      message: /classes: the head of .* was trained for O, B-PER, I-PER, got O, I-PER, B-LOC, where I-PER/,
    });
    for (const each of [model, turned]) each.dispose();
  });

  it("draws the last blocks anew where that is asked for, and refuses what is no tagging", async () => {
    const load = (options: object) =>
      Auto.fromPretrained(fixture("bert").folder, { log: () => {}, ...options });
    const model = await load({ reinitLayers: 1 });
    assert.ok(model.newlyInitialized.includes("bert.encoder.layer.2.attention.self.query.weight"));
    assert.ok(!model.newlyInitialized.some((name) => name.includes("layer.1.")));
    model.dispose();
    await assert.rejects(load({ numLabels: 1, ignoreMismatchedSizes: true }), {
      name: "InputError",
      message: /numLabels: expected at least 2 classes/,
    });
    await assert.rejects(load({ head: "mean" }), { message: /head/ });
    await assert.rejects(load({ reinitLayers: 4 }), { message: /reinitLayers: expected .* 0 to 3, got 4/ });
  });
});

const bitsOf = async (model: Awaited<ReturnType<typeof Auto.fromPretrained>>) =>
  Promise.all(model.namedParameters().map(async ([name, { value }]) => [name, [...(await value.data())]]));

const common = { vocab_size: 120, max_position_embeddings: 40, initializer_range: 0.2, num_labels: 3 };
const layers = { hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40 };
const ends = { pad_token_id: 0, bos_token_id: 2, cls_token_id: 2, eos_token_id: 3, sep_token_id: 3 };

/** Of each family, as Python fills it in. */
const CONFIGS: Record<string, object> = {
  Bert: { ...common, ...layers, model_type: "bert" },
  Roberta: { ...common, ...layers, model_type: "roberta", pad_token_id: 4 },
  XLMRoberta: { ...common, ...layers, model_type: "xlm-roberta" },
  DistilBert: { ...common, model_type: "distilbert", dim: 24, n_layers: 2, n_heads: 3, hidden_dim: 40 },
  Electra: { ...common, ...layers, model_type: "electra", embedding_size: 16 },
  Albert: { ...common, ...layers, model_type: "albert", embedding_size: 8 },
  DebertaV2: { ...common, ...layers, model_type: "deberta-v2", relative_attention: true },
  ModernBert: { ...common, ...layers, ...ends, model_type: "modernbert" },
};

describe("Checkpoints for token classification in Python", { skip: noPython }, () => {
  let folder = "";
  let made: Record<string, Made>;
  const architecture = (name: string) => `${name}ForTokenClassification`;
  before(async () => {
    await useEngine("onnxruntime");
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    const configs = Object.entries(CONFIGS).map(([name, config]) => [
      join(folder, name),
      { ...config, architectures: [architecture(name)] },
    ]);
    made = makeInPython(Object.fromEntries(configs), rows) as unknown as Record<string, Made>;
  });
  after(() => rmSync(folder, { recursive: true }));

  /** Of the tokens alone: what padding gets is nobody's. */
  const seen = (logits: ArrayLike<number>) =>
    Array.from(logits).filter((_, i) => rows.attentionMask.flat()[Math.floor(i / 3)] === 1);

  const logitsOf = async (model: Awaited<ReturnType<typeof Auto.fromPretrained>>) => {
    const { logits } = model.forward(rows);
    const values = seen(await logits.data());
    logits.dispose();
    return values;
  };

  it("load here when Python has saved them, without a note, to the same logits", async () => {
    for (const [from, { logits }] of Object.entries(made)) {
      const model = await Auto.fromPretrained(from, { log: assert.fail });
      assertClose(await logitsOf(model), seen(logits.flat(2)), 1e-5, basename(from));
      model.dispose();
    }
    assert.equal(Object.keys(made).length, 8);
  });

  it("load there when trained and saved here, without a warning, to the same logits", async () => {
    const trained = new Map<string, number[]>();
    const inputs = () =>
      textInputs({
        batchSize: 2,
        sequenceLength: 7,
        inputIds: rows.inputIds.flat(),
        attentionMask: rows.attentionMask.flat(),
      });
    const labels = [-100, 0, 1, 2, -100, 0, -100, -100, 1, 2, -100, -100, -100, -100];
    for (const name of Object.keys(CONFIGS)) {
      const model = await Auto.fromPretrained(join(folder, name), { classes: tags, log: assert.fail });
      topNLayerFreeze(model, 0);
      const start = await logitsOf(model);
      const { gradients } = await lossAndGradientsOf(model, { expected: { inputs: { labels } }, inputs });
      const optimizer = new AdamW();
      optimizer.step(gradients, () => ({ learningRate: 1e-2, weightDecay: 0.01 }));
      tf.dispose([...gradients.values()]);
      optimizer.dispose();
      const to = join(folder, `${name}, trained`);
      await model.savePretrained(to);
      trained.set(to, await logitsOf(model));
      assert.notDeepEqual(trained.get(to), start);
      model.dispose();
    }
    const answers = readInPython([...trained.keys()], rows);
    for (const [to, logits] of trained) {
      const { logits: theirs, ...read } = answers[to];
      assert.deepEqual(read, {
        found: {},
        warnings: [],
        class: architecture(basename(to).replace(", trained", "")),
        dtype: "float32",
        problemType: null,
        labels: { 0: "O", 1: "B-PER", 2: "I-PER" },
      });
      assertClose(seen(theirs.flat(2)), logits, 1e-5, basename(to));
    }
  });
});
