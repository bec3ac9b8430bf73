import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { type Made, makeInPython, noPython, readInPython } from "../inPython";
import { toyRows } from "../training/toyData";

const common = { vocab_size: 120, max_position_embeddings: 40, initializer_range: 0.2 };
const layers = { hidden_size: 24, num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40 };

/** Unlike the fixtures' in what a family may vary, and otherwise as Python fills them in. */
const CONFIGS: Record<string, object> = {
  bert: { ...common, ...layers, model_type: "bert", hidden_act: "relu", type_vocab_size: 3 },
  roberta: { ...common, ...layers, model_type: "roberta", layer_norm_eps: 1e-5, pad_token_id: 4 },
  "xlm-roberta": { ...common, ...layers, model_type: "xlm-roberta", num_labels: 5 },
  distilbert: { ...common, model_type: "distilbert", dim: 24, n_layers: 2, n_heads: 3, hidden_dim: 40 },
  "electra, embeddings as wide as the blocks": {
    ...common,
    ...layers,
    model_type: "electra",
    embedding_size: 24,
  },
  "albert, two groups of two layers, each run twice": {
    ...common,
    ...layers,
    model_type: "albert",
    embedding_size: 8,
    num_hidden_layers: 4,
    num_hidden_groups: 2,
    inner_group_num: 2,
  },
  "deberta-v2, its norm of relative embeddings without these": {
    ...common,
    ...layers,
    model_type: "deberta-v2",
    relative_attention: false,
    norm_rel_ebd: "layer_norm",
    type_vocab_size: 2,
  },
  "bert, with an activation that no kernel knows": {
    ...common,
    ...layers,
    model_type: "bert",
    hidden_act: "mish",
  },
  "electra, with a clipped activation": {
    ...common,
    ...layers,
    model_type: "electra",
    hidden_act: "gelu_10",
  },
  "modernbert, with two others": {
    ...common,
    ...layers,
    model_type: "modernbert",
    hidden_activation: "quick_gelu",
    classifier_activation: "hardswish",
    pad_token_id: 0,
    bos_token_id: 2,
    cls_token_id: 2,
    eos_token_id: 3,
    sep_token_id: 3,
  },
  "bert, a regression of three targets": {
    ...common,
    ...layers,
    model_type: "bert",
    problem_type: "regression",
    id2label: { 0: "cohesion", 1: "syntax", 2: "phrases" },
    label2id: { cohesion: 0, syntax: 1, phrases: 2 },
  },
  "bert, with labels that are numbers": {
    ...common,
    ...layers,
    model_type: "bert",
    id2label: { 0: "0", 1: "1", 2: "2" },
    label2id: { 0: 0, 1: 1, 2: 2 },
  },
};

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

describe("Checkpoints in Python", { skip: noPython }, () => {
  let folder = "";
  let made: Record<string, Made>;
  before(async () => {
    await useEngine("onnxruntime");
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    const configs = Object.entries(CONFIGS).map(([name, config]) => [join(folder, name), config]);
    made = makeInPython(Object.fromEntries(configs), rows);
  });
  after(() => rmSync(folder, { recursive: true }));

  const load = (from: string, options = {}) =>
    AutoModelForSequenceClassification.fromPretrained(from, { log: assert.fail, ...options });

  async function logitsOf(model: SequenceClassifier): Promise<Float32Array> {
    const { logits } = model.forward(rows);
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return values;
  }

  it("load here when Python has saved them, without a note, to the same logits", async () => {
    for (const [from, { logits }] of Object.entries(made)) {
      const model = await load(from);
      assertClose(await logitsOf(model), logits.flat(), 1e-5, basename(from));
      model.dispose();
    }
  });

  it("load there when trained and saved here, without a warning, to the same logits", async () => {
    const expected = new Map<string, { architecture: string; logits: Float32Array }>();
    for (const name of Object.keys(CONFIGS)) {
      const model = await load(join(folder, name), {
        classes: ["odd", "even"],
        problemType: "single_label_classification",
        ignoreMismatchedSizes: true,
        log: () => {},
      });
      topNLayerFreeze(model, 0);
      const before = await logitsOf(model);
      await fineTune(model, { train: toyRows(8) }, { epochs: 1, batchSize: 4, learningRate: 1e-3 });
      const to = join(folder, `${name}, trained`);
      await model.savePretrained(to);
      const logits = await logitsOf(model);
      assert.notDeepEqual(logits, before);
      const { architectures } = JSON.parse(readFileSync(join(to, "config.json"), "utf8"));
      expected.set(to, { architecture: architectures[0], logits });
      model.dispose();
    }
    const answers = readInPython([...expected.keys()], rows);
    for (const [to, { architecture, logits }] of expected) {
      const { logits: theirs, ...read } = answers[to];
      assert.deepEqual(read, {
        found: {},
        warnings: [],
        class: architecture,
        dtype: "float32",
        problemType: "single_label_classification",
        labels: { 0: "odd", 1: "even" },
      });
      assertClose(theirs.flat(), logits, 1e-5, basename(to));
    }
  });

  it("keep the targets of a regression there, of which each output has learned its own", async () => {
    const model = await load(join(folder, "bert, a regression of three targets"));
    const classes = ["cohesion", "syntax", "phrases"];
    assert.deepEqual([model.problemType, model.classes], ["regression", classes]);
    const train = toyRows(8);
    const values = Float32Array.from({ length: 24 }, (_, i) => (i % 3) - 1);
    const labels = { problemType: "regression" as const, classes, values };
    await fineTune(model, { train: { ...train, labels } }, { epochs: 20, batchSize: 8, learningRate: 1e-2 });
    const logits = await logitsOf(model);
    assert.ok(logits[0] < logits[1] && logits[1] < logits[2], String(logits));
    const to = join(folder, "three targets");
    await model.savePretrained(to);
    model.dispose();
    const { logits: theirs, ...read } = readInPython([to], rows)[to];
    assert.deepEqual(read, {
      found: {},
      warnings: [],
      class: "BertForSequenceClassification",
      dtype: "float32",
      problemType: "regression",
      labels: { 0: "cohesion", 1: "syntax", 2: "phrases" },
    });
    assertClose(theirs.flat(), logits, 1e-5);
  });

  it("keep their labels there when the config they came with counted others", async () => {
    const from = join(folder, "bert");
    const path = join(from, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...config, num_labels: 2 }));
    const model = await load(from, { classes: ["a", "b", "c"], ignoreMismatchedSizes: true, log: () => {} });
    const to = join(folder, "bert of three");
    await model.savePretrained(to, { dtype: "F16" });
    model.dispose();
    const { warnings, found, labels, dtype } = readInPython([to], rows)[to];
    assert.deepEqual({ warnings, found }, { warnings: [], found: {} });
    assert.deepEqual(labels, { 0: "a", 1: "b", 2: "c" });
    assert.equal(dtype, "float16");
  });

  it("are warned of there when something is missing or too much, so that silence means something", async () => {
    const model = await load(join(folder, "distilbert"));
    const to = join(folder, "distilbert as bert");
    await model.savePretrained(to);
    model.dispose();
    const path = join(to, "config.json");
    const config = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...config, n_layers: 3 }));
    const { warnings, found } = readInPython([to], rows)[to];
    assert.ok(warnings.length > 0);
    assert.match(found.missing_keys.join(), /transformer\.layer\.2\./);
  });
});
