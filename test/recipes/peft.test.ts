// Adapters of PEFT: read from its folders to its numbers, and written to folders that it reads. test/fixtures/peft/make.py.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { AutoModelForTokenClassification } from "../../src/checkpoint/AutoModelForTokenClassification";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { listParams, unfreezeWhere } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { readAdapterConfig } from "../../src/recipes/adapterConfig";
import { addLora, type LoraOptions, mergeLora, removeLora, unmergeLora } from "../../src/recipes/addLora";
import { loadPeft } from "../../src/recipes/loadPeft";
import { savePeft } from "../../src/recipes/savePeft";
import { AdamW } from "../../src/training/AdamW";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { lossAndGradientsOf } from "../models/parityTests";
import { onEveryEngine, onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyBert, toyRows } from "../training/toyData";

interface Case {
  family: string;
  logits: number[];
  loss: number;
  /** Of all that learns, its norm and its sum weighted by waves. */
  gradients: Record<string, [norm: number, sum: number]>;
  /** Logits after three AdamW steps. */
  trained: number[];
}

const fixtures = join(__dirname, "../fixtures/peft");
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as {
  rows: number[][];
  labels: number[];
  cases: Record<string, Case>;
};
const modelOf = (family: string) => join(__dirname, "../fixtures/models", family);
const load = (family: string) => Auto.fromPretrained(modelOf(family), { log: () => {} });

const longest = Math.max(...expected.rows.map((row) => row.length));
const padded = expected.rows.map((row) => [...row, ...Array<number>(longest - row.length).fill(0)]);
const mask = padded.map((row) => row.map((id) => (id === 0 ? 0 : 1)));
const rows = { inputIds: padded, attentionMask: mask };
const subject = {
  expected: { inputs: { labels: expected.labels } },
  inputs: () =>
    textInputs({
      batchSize: padded.length,
      sequenceLength: longest,
      inputIds: padded.flat(),
      attentionMask: mask.flat(),
    }),
};

const folder = mkdtempSync(join(tmpdir(), "frostkit-peft-"));
after(() => rmSync(folder, { recursive: true }));

async function logitsOf(model: SequenceClassifier): Promise<number[]> {
  const { logits } = model.forward(rows);
  const values = [...(await logits.data())];
  logits.dispose();
  return values;
}

const learning = (model: SequenceClassifier) =>
  listParams(model).flatMap(({ name, requiresGrad }) => (requiresGrad ? name : []));

onEveryEngine("adapters of PEFT's", () => {
  for (const [name, { family, logits, loss, gradients, trained }] of Object.entries(expected.cases)) {
    it(`${name}: gives PEFT's logits, loss and gradients, of the same parameters`, async () => {
      const before = tf.memory().numTensors;
      const model = await load(family);
      const names = await loadPeft(model, join(fixtures, name));
      assert.deepEqual(learning(model).sort(), Object.keys(gradients).sort());
      assert.deepEqual(
        [...names].sort(),
        Object.keys(gradients)
          .filter((each) => each.includes(".lora_"))
          .sort(),
      );
      assertClose(await logitsOf(model), logits, 2e-5);
      const made = await lossAndGradientsOf(model, subject);
      assert.ok(Math.abs(made.loss - loss) < 5e-6, `loss ${made.loss}, PEFT's is ${loss}`);
      for (const [{ name: parameter }, gradient] of made.gradients) {
        const values = [...(await gradient.data())];
        const [norm, sum] = gradients[parameter];
        const tolerance = 2e-4 * norm + 1e-6;
        assert.ok(Math.abs(Math.hypot(...values) - norm) < tolerance, `${parameter}: norm`);
        const waves = values.reduce((all, value, i) => all + value * Math.sin(i), 0);
        assert.ok(Math.abs(waves - sum) < 3 * tolerance, `${parameter}: ${waves}, PEFT's is ${sum}`);
      }
      assert.equal(made.gradients.size, Object.keys(gradients).length);
      tf.dispose([...made.gradients.values()]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    it(`${name}: gives PEFT's logits after three steps of AdamW, merged as well`, async () => {
      const before = tf.memory().numTensors;
      const model = await load(family);
      await loadPeft(model, join(fixtures, name));
      const optimizer = new AdamW();
      for (let step = 0; step < 3; step++) {
        const made = await lossAndGradientsOf(model, subject);
        optimizer.step(made.gradients, () => ({ learningRate: 1e-2, weightDecay: 0.01 }));
        tf.dispose([...made.gradients.values()]);
      }
      optimizer.dispose();
      assertClose(await logitsOf(model), trained, 5e-4);
      const apart = await logitsOf(model);
      mergeLora(model);
      assertClose(await logitsOf(model), apart, 2e-5);
      unmergeLora(model);
      assertClose(await logitsOf(model), apart, 2e-5);
      mergeLora(model);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }
});

onEveryFastEngine("PEFT's folders", () => {
  for (const [name, { family }] of Object.entries(expected.cases))
    it(`${name}: is written again with the same tensors, and what its config says of them`, async () => {
      const model = await load(family);
      await loadPeft(model, join(fixtures, name));
      const to = join(folder, "again");
      await savePeft(model, to);
      model.dispose();
      assert.deepEqual(readdirSync(to).sort(), ["adapter_config.json", "adapter_model.safetensors"]);
      const [theirs, ours] = [join(fixtures, name), to].map((each) =>
        SafetensorsFile.open(join(each, "adapter_model.safetensors")),
      );
      assert.deepEqual([...ours.tensors.keys()].sort(), [...theirs.tensors.keys()].sort());
      for (const [tensor, { shape }] of theirs.tensors) {
        assert.deepEqual(ours.tensors.get(tensor)!.shape, shape);
        assert.deepEqual(ours.readFloat32(tensor), theirs.readFloat32(tensor));
      }
      for (const file of [theirs, ours]) file.close();
      const [asked, written] = [join(fixtures, name), to].map((each) =>
        JSON.parse(readFileSync(join(each, "adapter_config.json"), "utf8")),
      );
      for (const field of ["r", "lora_dropout", "use_dora", "use_rslora", "layers_to_transform", "task_type"])
        assert.deepEqual(written[field], asked[field], field);
      assert.ok(Math.abs(written.lora_alpha - asked.lora_alpha) < 1e-6);
    });

  it("starts adapters that addLora puts on from the model as it is, whatever they are and wherever", async () => {
    for (const options of [
      { targetModules: ["query", "key", "value", "dense"] },
      { targetModules: ["intermediate.dense"], useDora: true },
      { layersToTransform: [2], useDora: true, useRslora: true },
    ] satisfies LoraOptions[]) {
      const model = await load("bert");
      const before = await logitsOf(model);
      addLora(model, { rank: 4, ...options });
      assertClose(await logitsOf(model), before, 1e-5);
      removeLora(model);
      assertClose(await logitsOf(model), before, 0);
      model.dispose();
    }
  });

  it("puts adapters on the layers of the blocks that targetModules and layersToTransform name", async () => {
    const model = await load("bert");
    const modules = (options: LoraOptions) => {
      const names = addLora(model, options).filter((name) => name.endsWith("lora_A.weight"));
      removeLora(model);
      return names.map((name) => name.replace(/^bert\.encoder\.layer\./, "").replace(".lora_A.weight", ""));
    };
    assert.deepEqual(modules({ layersToTransform: [1] }), [
      "1.attention.self.query",
      "1.attention.self.value",
    ]);
    assert.deepEqual(modules({ targetModules: ["key", "output.dense"], layersToTransform: [0] }), [
      "0.attention.self.key",
      "0.attention.output.dense",
      "0.output.dense",
    ]);
    assert.deepEqual(modules({ targetModules: ["bert.encoder.layer.2.intermediate.dense"] }), [
      "2.intermediate.dense",
    ]);
    assert.throws(() => addLora(model, { targetModules: ["querry"] }), {
      name: "InputError",
      message:
        'targetModules: expected names of dense layers of the blocks, got "querry"; there are attention.self.query, attention.self.key, attention.self.value, attention.output.dense, intermediate.dense, output.dense',
    });
    assert.throws(() => addLora(model, { layersToTransform: [3] }), {
      name: "InputError",
      message: "layersToTransform: expected numbers of blocks, of 0, 1, 2, got 3",
    });
    model.dispose();
    const modern = await load("modernbert");
    assert.throws(
      () => addLora(modern),
      /which modernbert has not; .*name layers by targetModules, of attn\.Wqkv, attn\.Wo, mlp\.Wi, mlp\.Wo$/,
    );
    assert.equal(addLora(modern, { targetModules: ["Wqkv"] }).length, 2 * modern.depth);
    modern.dispose();
  });

  it("trains what carries DoRA, leaves all else as it was, and resumes to the same numbers", async () => {
    const train = toyRows(48);
    const options = { epochs: 2, batchSize: 8, learningRate: 1e-2, seed: 1, log: () => {} };
    const run = async (resume?: string, maxMinutes?: number) => {
      const model = await loadTiny();
      const names = new Set(
        addLora(model, { rank: 2, useDora: true, dropout: 0.1, targetModules: ["query", "dense"] }),
      );
      const before = new Map(model.namedParameters().map(([name, { stamp }]) => [name, stamp]));
      const { epochs, stopped } = await fineTune(
        model,
        { train },
        { ...options, ...(resume && { resume }), ...(maxMinutes !== undefined && { maxMinutes }) },
      );
      const moved = model.namedParameters().filter(([name, { stamp }]) => stamp !== before.get(name));
      if (!stopped) assert.deepEqual(moved.map(([name]) => name).sort(), learning(model).sort());
      for (const name of names) assert.ok(learning(model).includes(name));
      model.dispose();
      return epochs.map(({ trainLoss }) => trainLoss);
    };
    const whole = await run();
    assert.ok(whole[1] < whole[0], `${whole}`);
    const state = mkdtempSync(join(folder, "state-"));
    await run(state, 0);
    assert.deepEqual(await run(state), whole);
  });

  it("saves a model with DoRA merged, as a checkpoint like any other", async () => {
    const model = await load("bert");
    await loadPeft(model, join(fixtures, "dora-layers"));
    await model.savePretrained(join(folder, "merged"));
    const saved = await Auto.fromPretrained(join(folder, "merged"), { log: (line) => assert.fail(line) });
    assertClose(await logitsOf(saved), await logitsOf(model), 2e-5);
    model.dispose();
    saved.dispose();
  });
});

describe("what a folder of PEFT's may say", () => {
  const plain = JSON.parse(readFileSync(join(fixtures, "lora/adapter_config.json"), "utf8"));
  const refuses = (fields: object, message: RegExp) =>
    assert.throws(() => readAdapterConfig({ ...plain, ...fields }, "adapter_config.json"), {
      name: "InputError",
      message,
    });

  it("reads rank, weight, dropout and kind, and passes over what changes nothing", () => {
    assert.deepEqual(readAdapterConfig(plain, "f"), {
      ...{ r: 2, lora_alpha: 4, lora_dropout: 0, use_rslora: false, use_dora: false },
    });
    const more = {
      use_dora: true,
      use_rslora: true,
      lora_dropout: 0.1,
      future_field: null,
      rank_pattern: {},
    };
    assert.deepEqual(readAdapterConfig({ ...plain, ...more, init_lora_weights: "gaussian" }, "f"), {
      ...{ r: 2, lora_alpha: 4, lora_dropout: 0.1, use_rslora: true, use_dora: true },
    });
  });

  it("refuses by name whatever changes what is computed and is not followed, known or not", () => {
    const unknown = /: expected none of it, since it changes what is computed/;
    for (const fields of [
      { rank_pattern: { query: 4 } },
      { alpha_pattern: { query: 4 } },
      { lora_bias: true },
      { fan_in_fan_out: true },
      { use_qalora: true },
      { trainable_token_indices: [1] },
      { layer_replication: [[0, 2]] },
      { target_parameters: ["x"] },
      { future_field: true },
    ]) {
      refuses(fields, unknown);
      refuses(fields, new RegExp(`^adapter_config\\.json: ${Object.keys(fields)[0]}: `));
    }
    refuses({ peft_type: "IA3" }, /peft_type: expected "LORA", with or without rsLoRA and DoRA, got "IA3"$/);
    refuses({ bias: "all" }, /bias: expected "none"/);
    refuses({ init_lora_weights: "pissa" }, /init_lora_weights: expected adapters that leave the base/);
    refuses({ r: 0 }, /r: expected an integer of at least 1, got 0$/);
    refuses({ use_dora: "yes" }, /use_dora: expected true or false, got "yes"$/);
  });

  it("refuses a folder that does not fit the model, which stays as it was", async () => {
    const model = await load("bert");
    const flags = learning(model);
    const stamps = model.namedParameters().map(([, { stamp }]) => stamp);
    const fails = async (from: string, message: RegExp) => {
      await assert.rejects(loadPeft(model, from), { name: "InputError", message });
      assert.deepEqual(learning(model), flags);
      assert.deepEqual(
        model.namedParameters().map(([, { stamp }]) => stamp),
        stamps,
      );
    };
    await fails(tinyBert, /expected adapter_config\.json and adapter_model\.safetensors, as PEFT's/);
    await fails(
      join(fixtures, "dora-deberta"),
      /expected an adapter of a dense layer of this model's blocks/,
    );
    const changed = (name: string, fields: object) => {
      const to = join(folder, `changed-${name}`);
      cpSync(join(fixtures, name), to, { recursive: true });
      const file = join(to, "adapter_config.json");
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...fields }));
      return to;
    };
    await fails(changed("lora", { use_dora: true }), /query: expected A, B and a magnitude, .* got a, b$/);
    await fails(
      changed("dora-layers", { use_dora: false }),
      /expected A and B alone, as adapter_config\.json/,
    );
    await fails(
      changed("lora", { task_type: "TOKEN_CLS" }),
      /task_type: expected "SEQ_CLS", as the model tells the label of each text, got "TOKEN_CLS"; load the model by AutoModelForTokenClassification$/,
    );
    await fails(changed("rslora-layers", { r: 3 }), /lora_A\.weight: expected shape \[3,32\], got \[2,32\]$/);
    model.dispose();
  });

  it("is not written where it would not hold all that learns", async () => {
    const model = await load("bert");
    await assert.rejects(savePeft(model, join(folder, "none")), /the model has no adapters; addLora/);
    addLora(model);
    unfreezeWhere(model, "*.layer.2.output.LayerNorm.bias");
    await assert.rejects(
      savePeft(model, join(folder, "none")),
      /expected adapters and the head alone to learn, got bert\.encoder\.layer\.2\.output\.LayerNorm\.bias, which/,
    );
    model.dispose();
    const other = await Auto.fromPretrained(tinyBert, { head: "mean", log: () => {} });
    addLora(other);
    await assert.rejects(savePeft(other, join(folder, "none")), /expected the family's own head/);
    other.dispose();
    const anew = await Auto.fromPretrained(tinyBert, { reinitLayers: 1, log: () => {} });
    addLora(anew);
    await assert.rejects(
      savePeft(anew, join(folder, "none")),
      /expected the checkpoint's own weights below the head, got bert\.encoder\.layer\.2\.\S+, drawn anew/,
    );
    anew.dispose();
    assert.ok(!readdirSync(folder).includes("none"));
  });

  it("says whether texts or words are told, and is read by a model of the same task alone", async () => {
    const words = await AutoModelForTokenClassification.fromPretrained(tinyBert, {
      classes: ["O", "B-PER", "I-PER"],
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    addLora(words);
    const to = join(folder, "words");
    await savePeft(words, to);
    const { task_type } = JSON.parse(readFileSync(join(to, "adapter_config.json"), "utf8"));
    assert.equal(task_type, "TOKEN_CLS");
    removeLora(words);
    assert.ok((await loadPeft(words, to)).length > 0);
    removeLora(words);
    await assert.rejects(
      loadPeft(words, join(fixtures, "lora")),
      /task_type: expected "TOKEN_CLS", as the model tells the label of each word, got "SEQ_CLS"/,
    );
    words.dispose();
  });
});

const python = process.env.FROSTKIT_PYTHON ?? "python3";
const noPeft =
  spawnSync(python, ["-c", "import torch, transformers, peft"]).status !== 0 &&
  `${python} has no peft with torch and transformers; FROSTKIT_PYTHON names another interpreter`;

describe("PEFT itself", { skip: noPeft }, () => {
  for (const [family, options] of [
    ["bert", { useDora: true, targetModules: ["query", "dense"], layersToTransform: [0, 2] }],
    ["bert", { targetModules: ["query", "key", "value", "dense"], useRslora: true }],
    ["roberta", { targetModules: ["query", "value"] }],
    ["distilbert", { targetModules: ["q_lin", "lin1"], layersToTransform: [1] }],
    ["electra", { targetModules: ["bert.encoder.layer.1.output.dense".replace("bert", "electra")] }],
    ["deberta-v2", { targetModules: ["query_proj", "key_proj"], useDora: true }],
    ["albert", { targetModules: ["query", "ffn"] }],
    ["modernbert", { targetModules: ["Wqkv", "Wo"], layersToTransform: [0, 1] }],
  ] as [string, LoraOptions][])
    it(`gives the kit's logits of what the kit has trained and saved: ${family}, ${JSON.stringify(options)}`, async () => {
      const model = await load(family);
      const names = addLora(model, { rank: 3, alpha: 5, ...options });
      const made = await lossAndGradientsOf(model, subject);
      tf.dispose([...made.gradients.values()]);
      for (const [name, parameter] of model.namedParameters())
        if (parameter.requiresGrad && name.includes("lora_B"))
          parameter.assign(tf.randomNormal(parameter.shape, 0, 0.2, "float32", 7));
      const head = model.stages.at(-1)!.parameters.at(-1)!;
      head.assign(tf.range(0, head.size));
      const to = join(folder, `python-${family}`);
      await savePeft(model, to);
      const { status, stdout, stderr } = spawnSync(
        python,
        [join(__dirname, "readPeft.py"), modelOf(family), to],
        { input: JSON.stringify(rows), encoding: "utf8", env: { ...process.env, HF_HUB_OFFLINE: "1" } },
      );
      assert.equal(status, 0, stderr);
      const read = JSON.parse(stdout) as { apart: number[]; merged: number[]; layers: string[] };
      const own = names.flatMap((name) => (/(.*)\.lora_A\.weight$/.exec(name) ?? []).slice(1));
      assert.deepEqual(read.layers, own.sort());
      assertClose(await logitsOf(model), read.apart, 1e-4);
      assertClose(await logitsOf(model), read.merged, 1e-4);
      model.dispose();
    });
});
