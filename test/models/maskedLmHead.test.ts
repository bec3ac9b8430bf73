import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { saveCheckpoint } from "../../src/checkpoint/saveCheckpoint";
import { TextRows } from "../../src/data/TextRows";
import { maskedLmHead } from "../../src/models/maskedLmHead";
import { softmaxCrossEntropy } from "../../src/nn/loss";
import { Pass } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose, distance } from "../close";
import { onEveryEngine } from "../onEveryEngine";

/** What Transformers computes with a head of random numbers; make.py beside it says how. */
interface Expected {
  ids: number[][];
  places: number[];
  words: number[];
  logits: number[][];
  loss: number;
  gradients: Record<string, { norm: number; first: number[] }>;
}

const heads = join(__dirname, "../fixtures/maskedLm");
const expected: Record<string, Expected> = JSON.parse(readFileSync(join(heads, "expected.json"), "utf8"));
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A checkpoint of a family with its masked-word head, the head's tensors under other names where that is asked. */
async function withMaskedHead(family: string, rename = (name: string) => name): Promise<string> {
  const checkpoint = openCheckpoint(join(__dirname, "../fixtures/models", family));
  const head = SafetensorsFile.open(join(heads, `${family}.safetensors`));
  const own = [...head.tensors.values()].map(({ name, shape }) => ({
    name: rename(name),
    shape,
    data: () => head.readFloat32(name),
  }));
  const names = new Set(own.map(({ name }) => name));
  // ModernBERT's classifier has layers of the same names before it.
  const others = [...checkpoint.tensors.values()]
    .filter(({ name }) => !names.has(name))
    .map(({ name, shape }) => ({ name, shape, data: () => checkpoint.readFloat32(name) }));
  const folder = join(makeFolder(), "model");
  folders.push(folder);
  await saveCheckpoint(folder, { config: checkpoint.config, tensors: [...others, ...own] });
  checkpoint.close();
  head.close();
  return folder;
}

async function headOf(folder: string, seed = 0) {
  const model = await Auto.fromPretrained(folder, { log: () => {} });
  const source = openCheckpoint(folder);
  return { model, head: maskedLmHead(model, source, seed), close: () => source.close() };
}

/** Logits, loss and gradients by name at the places of a fixture. */
async function computed(folder: string, { ids, places, words }: Expected) {
  const { model, head, close } = await headOf(folder);
  const rows = new TextRows({
    inputIds: ids.map((row) => Int32Array.from(row)),
    tokenTypeIds: null,
    labels: null,
    truncated: 0,
    maxLength: 16,
    padTokenId: 0,
    hash: "masked",
  });
  const pass = new Pass({ recording: true });
  let logits: tf.Tensor | null = null;
  const loss = runStages(pass, model.stages, model.inputsOf(rows.batch(Int32Array.of(0, 1))), {
    everyRow: true,
    to: model.stages.length - 1,
    finish: (x) => {
      const told = head.forward(pass, x, tf.tensor1d(places, "int32"));
      logits = tf.keep(tf.clone(told.tensor));
      const target = tf.oneHot(tf.tensor1d(words, "int32"), told.tensor.shape[1]!);
      return softmaxCrossEntropy(pass, told, tf.div(tf.cast(target, "float32"), words.length));
    },
  });
  const gradients = new Map<string, Float32Array>();
  const given = pass.backward(loss);
  for (const [{ name }, gradient] of given)
    gradients.set(name, (await gradient.data()).slice() as Float32Array);
  const outcome = { logits: await logits!.data(), loss: (await loss.tensor.data())[0], gradients };
  tf.dispose([logits!, loss.tensor, ...given.values()]);
  close();
  for (const parameter of head.parameters) parameter.dispose();
  model.dispose();
  return outcome;
}

onEveryEngine("A head for masked words", () => {
  for (const [family, wanted] of Object.entries(expected))
    it(`gives Transformers' logits, loss and gradients: ${family}`, async () => {
      const folder = await withMaskedHead(family);
      const before = tf.memory().numTensors;
      const { logits, loss, gradients } = await computed(folder, wanted);
      assert.equal(tf.memory().numTensors, before, "tensors left behind");
      assertClose(logits, wanted.logits.flat(), 1e-4, "logits");
      assert.ok(Math.abs(loss - wanted.loss) <= 2e-6, `loss ${loss}, Transformers' is ${wanted.loss}`);
      const words = [...gradients.keys()].find((name) => /(word|tok)_embeddings\.weight$/.test(name))!;
      for (const [name, { norm, first }] of Object.entries(wanted.gradients)) {
        const values = gradients.get(name === "words" ? words : name);
        assert.ok(values, `no gradient of ${name}`);
        const tolerance = 1e-4 * norm + 1e-7;
        assert.ok(Math.abs(Math.hypot(...values) - norm) <= tolerance, `${name}: norm`);
        assert.ok(distance(values.slice(0, first.length), first) <= tolerance, `${name}: values`);
      }
    });

  it("is found under the names of DeBERTa's publisher", async () => {
    const folder = await withMaskedHead("deberta-v2", (name) =>
      name
        .replace("cls.predictions.transform", "lm_predictions.lm_head")
        .replace("cls.predictions", "lm_predictions.lm_head"),
    );
    const { logits } = await computed(folder, expected["deberta-v2"]);
    assertClose(logits, expected["deberta-v2"].logits.flat(), 1e-4, "logits");
  });
});

onEveryEngine("A head for masked words that the checkpoint lacks", () => {
  it("is drawn from the seed, the same for the same one", async () => {
    const folder = join(__dirname, "../fixtures/models/albert");
    const weights: Float32Array[] = [];
    for (const seed of [0, 0, 1]) {
      const { model, head, close } = await headOf(folder, seed);
      const dense = head.parameters.find(({ name }) => name === "predictions.dense.weight")!;
      weights.push((await dense.data()) as Float32Array);
      for (const parameter of head.parameters) parameter.dispose();
      close();
      model.dispose();
    }
    assert.deepEqual(weights[1], weights[0]);
    assert.notDeepEqual(weights[2], weights[0]);
  });

  it("is refused to an ELECTRA, with the reason", async () => {
    const model = await Auto.fromPretrained(join(__dirname, "../fixtures/models/electra"), { log: () => {} });
    const source = openCheckpoint(model.folder);
    assert.throws(() => maskedLmHead(model, source, 0), {
      name: "InputError",
      message:
        /^adaptToTexts: expected a model of bert, .*deberta-v2, got electra, which was trained to tell replaced words/,
    });
    source.close();
    model.dispose();
  });
});
