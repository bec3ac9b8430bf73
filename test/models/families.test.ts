import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { FileTensor } from "../../src/checkpoint/FileTensor";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { familyOf } from "../../src/models/families";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import type { TokenRows } from "../../src/models/TextClassifier";
import { textInputs } from "../../src/models/textInputs";
import { Pass } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import { predict } from "../../src/training/predict";
import { assertClose } from "../close";
import { toyRows } from "../training/toyData";
import { fixture } from "./againstPyTorch";

// The tables of tests are small ones.
FileTensor.large = 0;

/** What else lies in published checkpoints of a family: heads of its pretraining, and buffers that older versions saved. */
const LEFTOVERS: Record<string, string[]> = {
  bert: ["cls.predictions.transform.dense.weight", "cls.seq_relationship.bias"],
  roberta: ["lm_head.dense.weight", "roberta.pooler.dense.weight"],
  "xlm-roberta": ["lm_head.layer_norm.weight"],
  distilbert: ["vocab_transform.weight", "vocab_layer_norm.bias"],
  electra: ["discriminator_predictions.dense.weight"],
  albert: ["predictions.decoder.weight", "sop_classifier.classifier.bias"],
  "deberta-v2": ["lm_predictions.lm_head.dense.weight", "mask_predictions.dense.weight"],
  modernbert: ["decoder.bias", "decoder.weight"],
};

/** Tensors that a checkpoint may hold and nothing is said of, as by Python: what the model computes by itself. */
const IGNORED: Record<string, string[]> = {
  bert: ["bert.embeddings.position_ids", "bert.embeddings.token_type_ids"],
  roberta: ["roberta.embeddings.position_ids", "roberta.embeddings.token_type_ids"],
  "xlm-roberta": ["roberta.embeddings.position_ids", "roberta.embeddings.token_type_ids"],
  distilbert: ["distilbert.embeddings.position_ids"],
  electra: ["electra.embeddings.position_ids", "electra.embeddings.token_type_ids"],
  albert: ["albert.embeddings.position_ids", "albert.embeddings.token_type_ids"],
  "deberta-v2": ["deberta.embeddings.position_ids"],
  modernbert: ["model.rotary_emb.full_attention_inv_freq", "model.layers.0.attn.rotary_emb.inv_freq"],
};

/**
 * How many dropouts fire in training: in the embeddings, in a block, in the head; counted in Python's models (Transformers 5.17).
 * ALBERT's feed-forward part has none, DistilBERT drops nothing behind attention; heads without a pooler drop twice.
 */
const DROPOUTS: Record<string, [number, number, number]> = {
  bert: [1, 3, 1],
  roberta: [1, 3, 2],
  "xlm-roberta": [1, 3, 2],
  distilbert: [1, 2, 1],
  electra: [1, 3, 2],
  albert: [1, 2, 1],
  "deberta-v2": [1, 4, 1],
  modernbert: [1, 3, 1],
};

const RATES = {
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  classifier_dropout_prob: 0.1,
  dropout: 0.1,
  attention_dropout: 0.1,
  seq_classif_dropout: 0.1,
  embedding_dropout: 0.1,
  mlp_dropout: 0.1,
  classifier_dropout: 0.1,
};

describe("families", () => {
  let folder = "";
  before(async () => {
    await useEngine("onnxruntime");
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const load = (from: string) =>
    AutoModelForSequenceClassification.fromPretrained(from, { log: assert.fail });

  async function logitsOf(model: SequenceClassifier, rows: TokenRows): Promise<Float32Array> {
    const { logits } = model.forward(rows);
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    return values;
  }

  const configOf = (name: string) =>
    JSON.parse(readFileSync(join(fixture(name).folder, "config.json"), "utf8"));

  /** A fixture's checkpoint with other names, and further tensors. */
  async function rewritten(name: string, rename: (name: string) => string, more: string[] = []) {
    const checkpoint = openCheckpoint(fixture(name).folder);
    const to = mkdtempSync(join(folder, name));
    const own = [...checkpoint.tensors.values()].map(({ name, shape }) => ({
      name: rename(name),
      shape,
      data: () => checkpoint.readFloat32(name),
    }));
    const others = more.map((name) => ({ name, shape: [2], data: () => new Float32Array(2) }));
    await saveCheckpoint(to, { config: checkpoint.config, tensors: [...own, ...others] });
    checkpoint.close();
    return to;
  }

  for (const [name, leftovers] of Object.entries(LEFTOVERS)) {
    it(`${name}: freezes by its stages what freeze.ts freezes by the names alone`, async () => {
      const warn = mock.method(console, "warn", () => {});
      const [one, other] = [await load(fixture(name).folder), await load(fixture(name).folder)];
      const named = { namedParameters: () => other.namedParameters() };
      // By its names ALBERT has one block.
      const depth = name === "albert" ? 1 : one.depth;
      for (let n = 0; n <= depth; n++) assert.deepEqual(topNLayerFreeze(one, n), topNLayerFreeze(named, n));
      assert.throws(() => topNLayerFreeze(named, depth + 1), { name: "FreezeError" });
      one.dispose();
      other.dispose();
      warn.mock.restore();
    });

    it(`${name}: looks rows up in its tables and reads the rest whole`, async () => {
      const model = await load(fixture(name).folder);
      await logitsOf(model, fixture(name).rows);
      const unread = model.namedParameters().flatMap(([name, { stored }]) => (stored ? name : []));
      const tables = model.stages.flatMap(({ tables = [] }) => tables.map(({ name }) => name));
      assert.ok(tables.length > 0);
      // Tables of relative positions are read whole before a trial, like the blocks that they stand in, as is the bias of a last block's
      // keys, which nothing comes of.
      assert.deepEqual(
        unread.filter((name) => !/rel_embeddings\.weight$|(key|k_lin)\.bias$/.test(name)).sort(),
        tables.sort(),
      );
      model.dispose();
    });

    it(`${name}: takes an encoder saved without its prefix`, async () => {
      const { rows } = fixture(name);
      const { prefix } = familyOf(configOf(name), "config.json");
      const bare = await load(await rewritten(name, (name) => name.replace(new RegExp(`^${prefix}\\.`), "")));
      const whole = await load(fixture(name).folder);
      assert.deepEqual(await logitsOf(bare, rows), await logitsOf(whole, rows));
      bare.dispose();
      whole.dispose();
    });

    it(`${name}: says nothing of an encoder's buffers saved without its prefix either`, async () => {
      const { prefix } = familyOf(configOf(name), "config.json");
      const short = (name: string) => name.replace(new RegExp(`^${prefix}\\.`), "");
      const model = await load(await rewritten(name, short, IGNORED[name].map(short)));
      assert.deepEqual(model.unused, []);
      model.dispose();
    });

    it(`${name}: says which tensors of a published checkpoint it has no use for, but for those it computes by itself`, async () => {
      const notes: string[] = [];
      const from = await rewritten(name, (name) => name, [...leftovers, ...IGNORED[name]]);
      const model = await AutoModelForSequenceClassification.fromPretrained(from, {
        log: (line) => notes.push(line),
      });
      assert.deepEqual(notes, [`not used from the checkpoint: ${leftovers.join(", ")}`]);
      assert.deepEqual(model.unused, leftovers);
      model.dispose();
    });

    it(`${name}: draws the head alone where a checkpoint has none`, async () => {
      const from = await rewritten(name, (name) => name.replace(/^(pre_)?classifier\./, "old_head.$1"));
      const notes: string[] = [];
      const model = await AutoModelForSequenceClassification.fromPretrained(from, {
        log: (line) => notes.push(line),
      });
      const { expected } = fixture(name);
      const heads = expected.parameters.map(([name]) => name).filter((name) => name.includes("classifier."));
      assert.deepEqual(model.newlyInitialized, heads);
      assert.equal(notes[0], `newly initialised: ${heads.join(", ")}`);
      model.dispose();
    });

    it(`${name}: drops where Python's model drops, and nowhere in eval mode`, async () => {
      const from = mkdtempSync(join(folder, name));
      const config = configOf(name);
      const rates = Object.fromEntries(Object.entries(RATES).filter(([field]) => field in config));
      writeFileSync(join(from, "config.json"), JSON.stringify({ ...config, ...rates }));
      copyFileSync(join(fixture(name).folder, "model.safetensors"), join(from, "model.safetensors"));
      const model = await load(from);
      const draws = (training: boolean) => {
        const pass = new Pass({ training, seed: [1] });
        const draw = mock.method(pass, "drawSeed");
        const inputs = textInputs({
          batchSize: 1,
          sequenceLength: 3,
          inputIds: [2, 17, 42],
          attentionMask: [1, 1, 1],
        });
        const counts: number[] = [];
        const seen = () => counts.push(draw.mock.callCount() - counts.reduce((a, b) => a + b, 0));
        runStages(pass, model.stages, inputs, { seen }).tensor.dispose();
        return counts;
      };
      const [embeddings, block, head] = DROPOUTS[name];
      assert.deepEqual(draws(true), [embeddings, block, block, block, head]);
      assert.deepEqual(draws(false), [0, 0, 0, 0, 0]);
      model.dispose();
    });
  }

  it("are found by model_type; one that is not there is refused with the names of those that are", () => {
    for (const name of Object.keys(LEFTOVERS))
      assert.equal(familyOf({ model_type: name }, "config.json").modelType, name);
    assert.throws(() => familyOf({ model_type: "gpt2" }, "gpt2/config.json"), {
      name: "InputError",
      message:
        'gpt2/config.json: model_type "gpt2" is not supported; supported are bert, roberta, xlm-roberta, distilbert, electra, albert, deberta-v2, modernbert',
    });
    assert.throws(() => familyOf({ architecture: "resnet18", num_classes: 2 }, "pets/config.json"), {
      name: "InputError",
      message:
        'pets/config.json: architecture "resnet18" reads images; load it by AutoModelForImageClassification',
    });
  });

  it("refuse token types that a model does not have, in RoBERTa all but 0", async () => {
    const roberta = await load(fixture("roberta").folder);
    assert.throws(() => roberta.forward({ inputIds: [[2, 7, 9]], tokenTypeIds: [[0, 0, 1]] }), {
      name: "InputError",
      message:
        "inputIds: this model knows token types below 1, row 0 has 1; tokenize with the model's own tokenizer",
    });
    const bert = await load(fixture("bert").folder);
    bert.forward({ inputIds: [[2, 7, 9]], tokenTypeIds: [[0, 0, 1]] }).logits.dispose();
    assert.throws(() => bert.forward({ inputIds: [[2, 7, 9]], tokenTypeIds: [[0, 0, 2]] }), /types below 2/);
    roberta.dispose();
    bert.dispose();
  });

  it("refuse rows padded with a token that the model does not know", async () => {
    const model = await load(fixture("roberta").folder);
    await assert.rejects(predict(model, { ...toyRows(3), padTokenId: 120 }), {
      name: "InputError",
      message:
        "predict: this model knows token ids below 120, the rows are padded with 120; tokenize with the model's own tokenizer",
    });
    model.dispose();
  });

  it("predict the same for a text whatever it shares a batch with", async () => {
    for (const name of Object.keys(LEFTOVERS)) {
      const model = await load(fixture(name).folder);
      const padTokenId = model.config.pad_token_id as number;
      const rows = { ...toyRows(6), padTokenId };
      const together = await predict(model, rows, { batchSize: 6 });
      const alone = await predict(model, rows, { batchSize: 1 });
      assertClose(together.probabilities, alone.probabilities, 1e-6, name);
      model.dispose();
    }
  });
});
