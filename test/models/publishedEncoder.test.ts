// The bundled encoder, as its authors published it, against what PyTorch and Transformers compute from it;
// test/fixtures/all-MiniLM-L6-v2/README.md says what the numbers are and how they were made.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { tokenize } from "../../src/data/tokenize";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { exportOnnx } from "../../src/onnx/exportOnnx";
import { AdamW } from "../../src/training/AdamW";
import { predict } from "../../src/training/predict";
import { makeFolder } from "../checkpoint/madeByHand";
import { assertClose } from "../close";
import { noPython, readInPython } from "../inPython";
import { onEveryEngine, onWebgpuHardware } from "../onEveryEngine";
import { lossAndGradientsOf } from "./parityTests";

/** Of many numbers their norm, and their sum weighted by cos(1), cos(2), …. */
type Summary = [norm: number, weighted: number];

interface Expected {
  texts: string[];
  ids: number[][];
  inputs: { input_ids: number[][]; attention_mask: number[][]; labels: number[] };
  classes: string[];
  hidden: Summary[][][];
  logits: number[][];
  loss: number;
  gradients: Record<string, Summary>;
  frozen: string[];
  losses: number[];
  trained: number[][];
}

const pretrained = join(__dirname, "../../data/all-MiniLM-L6-v2");
const expected: Expected = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/all-MiniLM-L6-v2/expected.json"), "utf8"),
);
const { classes, inputs } = expected;
const rows = { inputIds: inputs.input_ids, attentionMask: inputs.attention_mask };

/** With the classifier that the fixture has. */
async function load(log: (line: string) => void = () => {}): Promise<SequenceClassifier> {
  const model = await Auto.fromPretrained(pretrained, { classes, log });
  const weight = model.parameter("classifier.weight");
  const values = Float32Array.from({ length: weight.size }, (_, i) => 0.05 * Math.sin(i + 1));
  weight.assign(tf.tensor(values, weight.shape));
  return model;
}

function summary(values: ArrayLike<number>): Summary {
  let [squares, weighted] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    squares += values[i] ** 2;
    weighted += values[i] * Math.cos(i + 1);
  }
  return [Math.sqrt(squares), weighted];
}

const batch = () =>
  textInputs({
    batchSize: rows.inputIds.length,
    sequenceLength: rows.inputIds[0].length,
    inputIds: rows.inputIds.flat(),
    attentionMask: rows.attentionMask.flat(),
  });

const lossAndGradients = (model: SequenceClassifier) =>
  lossAndGradientsOf(model, { expected, inputs: batch });

/** With FROSTKIT_TEST_DISTANCES set, tells how far the numbers are from PyTorch's. */
const tell = (what: string, distance: number) => {
  if (process.env.FROSTKIT_TEST_DISTANCES)
    console.log(`${tf.getBackend()}: ${what} off by ${distance.toExponential(1)}`);
};

function far(what: string, pairs: Iterable<[number, number]>, tolerance: number): void {
  let worst = 0;
  let count = 0;
  for (const [actual, wanted] of pairs) {
    const distance = Math.abs(actual - wanted);
    if (!(distance <= worst)) worst = distance;
    count++;
  }
  assert.ok(count > 0);
  tell(what, worst);
  assert.ok(worst <= tolerance, `${what}: off by ${worst}, more than ${tolerance}`);
}

const pairsOf = (actual: ArrayLike<number>, wanted: number[]): [number, number][] => {
  assert.equal(actual.length, wanted.length);
  return wanted.map((value, i) => [actual[i], value]);
};

/** Hidden states and logits of the first texts. */
async function compareStates(model: SequenceClassifier, count: number): Promise<void> {
  const first = {
    inputIds: rows.inputIds.slice(0, count),
    attentionMask: rows.attentionMask.slice(0, count),
  };
  const { logits, hiddenStates } = model.forward(first, { outputHiddenStates: true });
  assert.equal(hiddenStates.length, 7);
  const states: [number, number][] = [];
  for (const [layer, state] of hiddenStates.entries()) {
    const actual = (await state.array()) as number[][][];
    expected.hidden[layer].slice(0, count).forEach((tokens, row) => {
      tokens.forEach((wanted, token) => {
        states.push(...pairsOf(summary(actual[row][token]), wanted));
      });
    });
  }
  far("hidden states", states, 5e-5);
  far("logits", pairsOf(await logits.data(), expected.logits.slice(0, count).flat()), 1e-6);
  tf.dispose([logits, ...hiddenStates]);
}

const onFirstText = () =>
  it("gives PyTorch's hidden states and logits of the first text", async () => {
    const model = await load();
    await compareStates(model, 1);
    model.dispose();
  });

const tests = (engine: EngineName) => {
  // Plain JavaScript takes minutes for what the others do at once.
  if (engine === "cpu") return onFirstText();
  it("gives PyTorch's hidden states, logits, loss and gradients", async () => {
    const tensors = tf.memory().numTensors;
    const model = await load();
    await compareStates(model, rows.inputIds.length);
    const { loss, gradients } = await lossAndGradients(model);
    far("loss", [[loss, expected.loss]], 2e-6);
    assert.deepEqual(
      [...gradients.keys()].map(({ name }) => name).sort(),
      Object.keys(expected.gradients).sort(),
    );
    const shares: [number, number][] = [];
    for (const [{ name }, gradient] of gradients) {
      const wanted = expected.gradients[name];
      // The key biases' gradients are zero but for rounding, in PyTorch's numbers as well: softmax does not see them.
      const scale = Math.max(wanted[0], 1e-3);
      const actual = summary(await gradient.data());
      shares.push(...wanted.map((value, i): [number, number] => [actual[i] / scale, value / scale]));
    }
    far("gradients, as a share of their norm,", shares, 2e-4);
    tf.dispose([...gradients.values()]);
    model.dispose();
    assert.equal(tf.memory().numTensors, tensors);
  });

  it("takes PyTorch's three AdamW steps at N = 3, and leaves what is frozen as it was", async () => {
    const model = await load();
    assert.deepEqual(topNLayerFreeze(model, 3), expected.frozen);
    const start = await model.parameter(expected.frozen.at(-1)!).data();
    const optimizer = new AdamW();
    const losses: number[] = [];
    for (let step = 0; step < 3; step++) {
      const { loss, gradients } = await lossAndGradients(model);
      losses.push(loss);
      optimizer.step(gradients, () => ({ learningRate: 1e-3, weightDecay: 0.01 }));
      tf.dispose([...gradients.values()]);
    }
    far("losses of the steps", pairsOf(losses, expected.losses), 1e-4);
    const { logits } = model.forward(rows);
    far("logits after the steps", pairsOf(await logits.data(), expected.trained.flat()), 2e-3);
    assert.deepEqual(await model.parameter(expected.frozen.at(-1)!).data(), start);
    logits.dispose();
    optimizer.dispose();
    model.dispose();
  });
};

onEveryEngine("the published encoder", tests);
onWebgpuHardware("the published encoder", tests);

describe("the published encoder", () => {
  before(() => useEngine("onnxruntime"));

  it("loads without a word but of the classifier that it lacks", async () => {
    const notes: string[] = [];
    const model = await load((line) => notes.push(line));
    assert.deepEqual(notes, ["newly initialised: classifier.weight, classifier.bias"]);
    model.dispose();
  });

  it("is held in float32, each weight as the float16 file has it", async () => {
    const model = await load();
    const name = "encoder.layer.5.output.dense.weight";
    const checkpoint = openCheckpoint(pretrained);
    const { dtype } = checkpoint.tensors.get(name)!;
    assert.equal(dtype, "F16");
    const { value } = model.parameter(`bert.${name}`);
    assert.equal(value.dtype, "float32");
    assert.deepEqual(value.dataSync(), checkpoint.readFloat32(name));
    checkpoint.close();
    model.dispose();
  });

  it("gives 300 bank customers' questions the ids that Transformers gives them", async () => {
    const tokenizer = await loadTokenizer(pretrained);
    const ids = expected.texts.map((text) => [...tokenizer.encode(text).inputIds]);
    assert.equal(ids.length, 300);
    assert.deepEqual(ids, expected.ids);
  });

  it("is read by Python from where it was saved, with the same logits", { skip: noPython }, async () => {
    const model = await load();
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const { [saved]: read } = readInPython([saved], rows);
    assert.deepEqual(read.found, {});
    assert.deepEqual(Object.values(read.labels), classes);
    assertClose(read.logits.flat(), expected.logits.flat(), 1e-5);
    model.dispose();
  });

  it("answers by Transformers.js from its ONNX export as the kit does", async () => {
    const model = await load();
    const to = join(makeFolder(), "exported");
    await exportOnnx(model, to);
    const texts = expected.texts.slice(0, 4);
    const dataset = { source: "made", texts, pairs: null, labels: null, ids: null };
    const { probabilities } = await predict(model, await tokenize(dataset, await loadTokenizer(pretrained)));
    const { pipeline } = await import("@huggingface/transformers");
    const classify = await pipeline("text-classification", to, { dtype: "fp32" });
    const said = (await classify(texts, { top_k: null as never })) as unknown as {
      label: string;
      score: number;
    }[][];
    const scores = said.flatMap((answers) =>
      classes.map((name) => answers.find(({ label }) => label === name)!.score),
    );
    far("probabilities", pairsOf(scores, [...probabilities]), 1e-5);
    await classify.dispose();
    model.dispose();
  });
});
