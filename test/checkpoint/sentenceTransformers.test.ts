import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import {
  AutoModelForSequenceClassification as Auto,
  type FromPretrainedOptions,
} from "../../src/checkpoint/AutoModelForSequenceClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { resolveModel } from "../../src/checkpoint/resolveModel";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { readMaxSeqLength } from "../../src/checkpoint/sentenceTransformers";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { defaultMaxLength, tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import type { Pooling } from "../../src/models/Head";
import { assertClose } from "../close";
import { noPython, readInPython } from "../inPython";
import { fixture } from "../models/againstPyTorch";
import { startLocalHub } from "./localHub";
import { makeFolder } from "./madeByHand";

const { folder: tinyBert, rows } = fixture("bert");

const POOLING = {
  word_embedding_dimension: 32,
  pooling_mode_cls_token: false,
  pooling_mode_mean_tokens: true,
  pooling_mode_max_tokens: false,
  pooling_mode_mean_sqrt_len_tokens: false,
};

const json = (path: string, value: unknown) => writeFileSync(path, JSON.stringify(value));

/** The tiny BERT's encoder as sentence-transformers publishes one: bare names, a buffer, no classifier, modules beside it. */
async function published(
  options: { pooling?: object | string; more?: [kind: string, path: string][]; length?: unknown } = {},
) {
  const { pooling = POOLING, more = [["Normalize", "2_Normalize"]], length = 20 } = options;
  const folder = makeFolder();
  const checkpoint = openCheckpoint(tinyBert);
  const tensors = [...checkpoint.tensors.values()]
    .filter(({ name }) => name.startsWith("bert."))
    .map(({ name, shape }) => ({
      name: name.slice("bert.".length),
      shape,
      data: () => checkpoint.readFloat32(name),
    }));
  const positions = {
    name: "embeddings.position_ids",
    shape: [1, 4],
    data: () => Float32Array.of(0, 1, 2, 3),
  };
  await saveCheckpoint(folder, { config: checkpoint.config, tensors: [positions, ...tensors] });
  checkpoint.close();
  const modules = [["Transformer", ""], ["Pooling", "1_Pooling"], ...more];
  json(
    join(folder, "modules.json"),
    modules.map(([kind, path], idx) => ({
      idx,
      name: `${idx}`,
      path,
      type: `sentence_transformers.models.${kind}`,
    })),
  );
  mkdirSync(join(folder, "1_Pooling"));
  const config = join(folder, "1_Pooling/config.json");
  if (typeof pooling === "string") writeFileSync(config, pooling);
  else json(config, pooling);
  if (length !== undefined)
    json(join(folder, "sentence_bert_config.json"), { max_seq_length: length, do_lower_case: false });
  return folder;
}

async function load(from: string, options: FromPretrainedOptions = {}) {
  const notes: string[] = [];
  const model = await Auto.fromPretrained(from, {
    numLabels: 3,
    log: (line) => notes.push(line),
    ...options,
  });
  return { model, notes };
}

describe("a folder of sentence-transformers", () => {
  before(() => useEngine("onnxruntime"));

  it("loads without a word of its buffers, and says which head its encoder was trained for", async () => {
    const { model, notes } = await load(await published());
    assert.deepEqual(notes, [
      "newly initialised: classifier.weight, classifier.bias",
      '1_Pooling/config.json: this encoder was trained for the mean of its rows; the option head: "mean" reads that instead of the class token; left out: 2_Normalize',
    ]);
    assert.deepEqual(model.unused, []);
    assert.equal(model.config.frostkit_head, undefined, "a head was chosen that nobody asked for");
    model.dispose();
  });

  it("gives that head on request, without the advice", async () => {
    const { model, notes } = await load(await published(), { head: "mean" });
    assert.deepEqual(model.config.frostkit_head, { pooling: "mean" });
    assert.deepEqual(notes, [
      "newly initialised: head.classifier.weight, head.classifier.bias",
      "not used from the checkpoint: pooler.dense.bias, pooler.dense.weight",
    ]);
    const { logits, hiddenStates } = model.forward(rows, { outputHiddenStates: true });
    const last = (await hiddenStates.at(-1)!.array()) as number[][][];
    const weight = (await model.parameter("head.classifier.weight").value.array()) as number[][];
    const expected = last.flatMap((tokens, row) => {
      const seen = tokens.filter((_, i) => rows.attentionMask![row][i] === 1);
      const mean = tokens[0].map((_, k) => seen.reduce((sum, token) => sum + token[k], 0) / seen.length);
      return weight.map((of) => of.reduce((sum, w, k) => sum + w * mean[k], 0));
    });
    assertClose(logits, expected, 1e-5);
    tf.dispose([logits, ...hiddenStates]);
    model.dispose();
  });

  it("is told of by its modes: those that a head reads, those that none does, and files that say nothing", async () => {
    const only = (mode: string) => ({
      ...POOLING,
      pooling_mode_mean_tokens: false,
      [`pooling_mode_${mode}`]: true,
    });
    const cases: [pooling: object | string, note: string | null][] = [
      [only("cls_token"), null],
      [
        only("max_tokens"),
        'trained for the maximum of its rows; the option head: "max" reads that instead of the class token',
      ],
      [
        { pooling_mode: "mean" },
        'trained for the mean of its rows; the option head: "mean" reads that instead of the class token',
      ],
      [{ embedding_dimension: 32 }, 'the option head: "mean"'],
      [only("lasttoken"), "trained for lasttoken of its rows, for which there is no head"],
      [{ pooling_mode: "weightedmean" }, "trained for weightedmean of its rows, for which there is no head"],
      [
        { ...POOLING, pooling_mode_max_tokens: true },
        "trained for mean beside max of its rows, for which there is no head",
      ],
      [{ ...POOLING, pooling_mode_mean_tokens: false }, "not understood, and ignored"],
      ["{ no JSON", "not understood, and ignored"],
    ];
    for (const [pooling, expected] of cases) {
      const { model, notes } = await load(await published({ pooling, more: [] }));
      assert.equal(notes.length, expected === null ? 1 : 2, JSON.stringify(pooling));
      if (expected !== null) assert.ok(notes[1].includes(expected), notes[1]);
      model.dispose();
    }
    const { model, notes } = await load(
      await published({ pooling: only("cls_token"), more: [["Dense", "2_Dense"]] }),
    );
    assert.equal(
      notes[1],
      "1_Pooling/config.json: this encoder was trained for its class token; left out: 2_Dense",
    );
    model.dispose();
  });

  it("loads whatever its modules.json holds, and follows no path out of the folder", async () => {
    const folder = await published();
    const module = (path: unknown) => ({
      idx: 0,
      name: "0",
      path,
      type: "sentence_transformers.models.Pooling",
    });
    for (const modules of [
      {},
      null,
      [],
      [null, 3, {}],
      [module("../1_Pooling")],
      [module("/etc")],
      [module(7)],
    ]) {
      json(join(folder, "modules.json"), modules);
      const { model, notes } = await load(folder);
      assert.deepEqual(notes, ["newly initialised: classifier.weight, classifier.bias"]);
      model.dispose();
    }
    writeFileSync(join(folder, "modules.json"), "[{");
    const { model } = await load(folder);
    model.dispose();
  });

  it("refuses a pooling it does not know by name", async () => {
    await assert.rejects(load(await published(), { head: "avg" as Pooling }), {
      name: "InputError",
      message: /^head: expected one of cls, mean, max, meanMax, attention, firstRows, gru, lstm, got "avg"/,
    });
  });

  it("says how many tokens a text has by default, under any of its file's names", async () => {
    const folder = await published({ length: 5 });
    for (const name of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"])
      if (existsSync(join(VOCABULARY, name))) cpSync(join(VOCABULARY, name), join(folder, name));
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.maxSeqLength, 5);
    const texts = { source: "t", texts: ["one two three four five"], pairs: null, labels: null, ids: null };
    const cut = await tokenize(texts, tokenizer);
    assert.deepEqual([cut.maxLength, cut.truncated, cut.inputIds[0].length], [5, 1, 5]);
    const whole = await tokenize(texts, tokenizer, { maxLength: 9 });
    assert.deepEqual([whole.maxLength, whole.truncated], [9, 0]);
    assert.equal(
      defaultMaxLength({ ...tokenizer, maxSeqLength: 600, modelMaxLength: 512, maxTokens: null }),
      512,
    );
    assert.equal(
      defaultMaxLength({ ...tokenizer, maxSeqLength: 600, modelMaxLength: 512 }),
      64,
      "as the model reads",
    );
    assert.equal(defaultMaxLength(await loadTokenizer(VOCABULARY)), 128);

    const other = makeFolder();
    json(join(other, "sentence_xlm-roberta_config.json"), { max_seq_length: 75 });
    assert.equal(readMaxSeqLength(other), 75);
    for (const length of [null, 0, -1, 1.5, "75"]) {
      json(join(other, "sentence_xlm-roberta_config.json"), { max_seq_length: length });
      assert.equal(readMaxSeqLength(other), null, JSON.stringify(length));
    }
  });

  it("saved as a classifier keeps how long texts are, leaves its modules behind, and loads without the advice", async () => {
    const { model } = await load(await published());
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    assert.deepEqual(readdirSync(saved).sort(), [
      "config.json",
      "model.safetensors",
      "sentence_bert_config.json",
    ]);
    const again = await load(saved);
    assert.deepEqual(again.notes, []);
    // The kit wrote all of it, so it may be replaced.
    await model.savePretrained(saved);
    again.model.dispose();
    model.dispose();
  });

  it("is not replaced by a save, since its modules are not the kit's", async () => {
    const folder = await published();
    const { model } = await load(folder);
    const other = await published();
    await assert.rejects(model.savePretrained(other), { message: /also holds 1_Pooling, modules\.json/ });
    await assert.rejects(model.savePretrained(folder), { message: /the one the model was loaded from/ });
    assert.ok(existsSync(join(folder, "1_Pooling/config.json")));
    model.dispose();
  });

  it("saved as a classifier is read by Python, logits and all", { skip: noPython }, async () => {
    const { model } = await load(await published());
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const given = { inputIds: rows.inputIds, attentionMask: rows.attentionMask };
    const { [saved]: read } = readInPython([saved], given);
    assert.deepEqual(read.found, {});
    assert.equal(read.class, "BertForSequenceClassification");
    const { logits } = model.forward(given);
    assertClose(logits, read.logits.flat(), 1e-5);
    logits.dispose();
    model.dispose();
  });

  it("of earlier years, with the encoder in a folder of its own, is refused with that folder named", async () => {
    const folder = makeFolder();
    json(join(folder, "modules.json"), [
      { idx: 0, name: "0", path: "0_Transformer", type: "sentence_transformers.models.Transformer" },
    ]);
    cpSync(tinyBert, join(folder, "0_Transformer"), { recursive: true });
    await assert.rejects(load(folder), {
      message: `${folder}: expected config.json; it holds 0_Transformer/, modules.json; its encoder lies in 0_Transformer: load ${join(folder, "0_Transformer")}`,
    });
  });

  it("is fetched from the Hub with what says how its rows are pooled and how long its texts are", async () => {
    const id = "somebody/tiny-sentences";
    const from = await published({ more: [["Dense", "2_Dense"]] });
    const files = readdirSync(from, { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.\w+$/.test(name),
    );
    const bytes = (name: string) => ({ bytes: readFileSync(join(from, name)) });
    const hub = await startLocalHub(id, {
      ...Object.fromEntries(files.map((name) => [name, bytes(name)])),
      "2_Dense/model.safetensors": { bytes: Buffer.from("a layer that a classifier leaves out") },
      "README.md": { bytes: Buffer.from("# tiny") },
    });
    const before = { ...process.env };
    Object.assign(process.env, { HF_HOME: makeFolder(), HF_ENDPOINT: hub.endpoint });
    try {
      const folder = await resolveModel(id);
      const fetched = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
      assert.deepEqual(fetched, [
        "1_Pooling",
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "modules.json",
        "sentence_bert_config.json",
      ]);
      const { model, notes } = await load(id);
      assert.match(notes[1], /trained for the mean of its rows.*; left out: 2_Dense$/);
      model.dispose();
    } finally {
      for (const name of ["HF_HOME", "HF_ENDPOINT"])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    }
  });
});

const VOCABULARY = join(__dirname, "../fixtures/tokenizer/bert-base-uncased");
