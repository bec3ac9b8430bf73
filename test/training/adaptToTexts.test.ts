import assert from "node:assert/strict";
import { join } from "node:path";
import { it, mock, test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { takeRows } from "../../src/data/takeRows";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { topNLayerFreeze } from "../../src/freeze";
import type { PoolingHead } from "../../src/models/Head";
import { Random } from "../../src/random";
import { type AdaptOptions, adaptToTexts } from "../../src/training/adaptToTexts";
import { fineTune } from "../../src/training/fineTune";
import { maskTokens } from "../../src/training/maskTokens";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { readAll } from "../readAll";
import { toyRows } from "./toyData";

const texts = { ...toyRows(96), labels: null };
const options = { maskTokenId: 4, epochs: 3, batchSize: 16, learningRate: 3e-3, seed: 2 };
const FAMILIES = ["bert", "roberta", "xlm-roberta", "distilbert", "albert", "modernbert", "deberta-v2"];
const load = (family: string) =>
  Auto.fromPretrained(join(__dirname, "../fixtures/models", family), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
  });

test("Of 15 % of the tokens 80 % are masked, 10 % random and 10 % left, and of special ones none", () => {
  const inputIds = Int32Array.from({ length: 40_000 }, (_, i) => (i % 20 === 0 ? 2 : 10 + (i % 50)));
  const options = { maskTokenId: 4, vocabSize: 1_000_000, share: 0.15 };
  const special = (place: number) => inputIds[place] === 2;
  const { inputIds: hidden, places, words } = maskTokens(inputIds, special, options, new Random(1));
  const near = (count: number, share: number, of: number) =>
    assert.ok(Math.abs(count / of - share) < 4 * Math.sqrt((share * (1 - share)) / of), `${count} of ${of}`);
  near(places.length, 0.15, 38_000);
  near(places.filter((place) => hidden[place] === 4).length, 0.8, places.length);
  near(places.filter((place) => hidden[place] === inputIds[place]).length, 0.1, places.length);
  assert.ok(!places.some(special));
  assert.deepEqual(
    words,
    places.map((place) => inputIds[place]),
  );
  const chosen = new Set(places);
  assert.ok(hidden.every((id, place) => chosen.has(place) || id === inputIds[place]));
});

test("The shortest text has one token to tell, and one without any has none", () => {
  const options = { maskTokenId: 4, vocabSize: 100, share: 0.01 };
  const ids = Int32Array.of(2, 50, 3);
  assert.deepEqual([...maskTokens(ids, (place) => place !== 1, options, new Random(1)).places], [1]);
  assert.equal(maskTokens(ids, () => true, options, new Random(1)).places.length, 0);
});

onEveryFastEngine("adaptToTexts", (engine) => {
  /** An adaptation of a tiny BERT: the losses of its steps and epochs, and the parameters it ends with. */
  async function adapted(more: Partial<AdaptOptions> = {}, head?: PoolingHead, family = "bert") {
    const folder = join(__dirname, "../fixtures/models", family);
    const how = { classes: ["odd", "even"], ignoreMismatchedSizes: true, log: () => {} };
    const model = await Auto.fromPretrained(folder, { ...how, head });
    const run = adaptToTexts(model, texts, { ...options, epochs: 1, ...more });
    const steps: number[] = [];
    for await (const event of run) if (event.type === "step") steps.push(event.loss);
    const { losses } = await run;
    const weights = new Map(
      model.namedParameters().map(([name, { value }]) => [name, value.dataSync().slice()]),
    );
    model.dispose();
    return { steps, losses, weights };
  }

  for (const family of FAMILIES)
    it(`learns to tell masked words, moves the encoder alone, and leaks nothing: ${family}`, async () => {
      const model = await load(family);
      readAll(model);
      const tensors = tf.memory().numTensors;
      const before = new Map(model.namedParameters().map(([name, { stamp }]) => [name, stamp]));
      const { losses } = await adaptToTexts(model, texts, options);
      assert.equal(tf.memory().numTensors, tensors);
      assert.equal(losses.length, 3);
      assert.ok(losses[2] < losses[0] - 0.2, losses.join(", "));
      // ModernBERT's last norm is the encoder's, though its head applies it.
      const { parameters, norm } = model.stages.at(-1)!;
      const head = new Set(
        parameters.filter((each) => !norm?.parameters.includes(each)).map(({ name }) => name),
      );
      for (const [name, { stamp }] of model.namedParameters())
        assert.equal(stamp !== before.get(name), !head.has(name), name);
      model.dispose();
    });

  it("learns the same under a head that reads several layers, whose weights stay as they are", async () => {
    const outcome = async (head: PoolingHead) => {
      const model = await Auto.fromPretrained(join(__dirname, "../fixtures/models/bert"), {
        classes: ["odd", "even"],
        ignoreMismatchedSizes: true,
        head,
        log: () => {},
      });
      const before = model.parameter("head.classifier.weight").value.dataSync().slice();
      const { losses } = await adaptToTexts(model, texts, { ...options, epochs: 1 });
      assert.deepEqual(model.parameter("head.classifier.weight").value.dataSync(), before);
      const moved = model.parameter("bert.embeddings.word_embeddings.weight").value.dataSync().slice();
      model.dispose();
      return { losses, moved };
    };
    const one = await outcome({ pooling: "mean" });
    for (const head of [
      { pooling: "mean", lastLayers: 2 },
      { pooling: "cls", lastLayers: 3 },
    ] as const)
      assert.deepEqual(await outcome(head), one);
  });

  it("gives the same with gradient checkpointing to the bit, under a head that reads several layers, too", async () => {
    for (const head of [undefined, { pooling: "mean", lastLayers: 2 } as const])
      assert.deepEqual(await adapted({ gradientCheckpointing: true }, head), await adapted({}, head));
  });

  it("makes one step of several batches, whose loss is their mean by masked words", async () => {
    const still = { learningRate: 0, weightDecay: 0, epochs: 1 };
    const apart = await adapted(still);
    const together = await adapted({ ...still, gradientAccumulation: 4 });
    assert.deepEqual([apart.steps.length, together.steps.length], [6, 2]);
    // The same words are masked, so the same are told.
    assert.ok(Math.abs(apart.losses[0] - together.losses[0]) < 1e-6, `${apart.losses}, ${together.losses}`);
    const [first] = together.steps;
    assert.ok(Math.min(...apart.steps.slice(0, 4)) < first && first < Math.max(...apart.steps.slice(0, 4)));
    // One update by the gradients of all batches moves what they read.
    const moved = await adapted({ gradientAccumulation: 100 });
    assert.equal(moved.steps.length, 1);
  });

  it("gives parameters rates of their own, and refuses a group that matches nothing before the first step", async () => {
    const name = "bert.encoder.layer.0.output.dense.weight";
    const other = "bert.encoder.layer.1.output.dense.weight";
    const before = (await adapted({ learningRate: 0, weightDecay: 0 })).weights;
    const group = { match: name, learningRate: 0, weightDecay: 0 };
    const { weights } = await adapted({ parameterGroups: [group] });
    assert.deepEqual(weights.get(name), before.get(name));
    assert.notDeepEqual(weights.get(other), before.get(other));
    const model = await load("bert");
    assert.throws(() => adaptToTexts(model, texts, { ...options, parameterGroups: [{ match: "layer.9" }] }), {
      name: "FreezeError",
    });
    model.dispose();
  });

  it("computes in half precision where the engine does", { skip: withoutHalf(engine) }, async () => {
    const full = await adapted();
    for (const precision of ["bf16", "fp16"] as const) {
      const half = await adapted({ precision });
      assert.notDeepEqual(half.losses, full.losses);
      assert.ok(Math.abs(half.losses[0] - full.losses[0]) < 0.05, `${half.losses}, ${full.losses}`);
    }
  });

  it("refuses a precision that the engine does not have", {
    skip: engine === "tensorflow" && "it has",
  }, async () => {
    const model = await load("bert");
    assert.throws(() => adaptToTexts(model, texts, { ...options, precision: "bf16" }), {
      name: "InputError",
      message: /^precision: expected fp32/,
    });
    model.dispose();
  });

  it("says what to try where not even a row fits into memory", async () => {
    const model = await load("bert");
    const broken = mock.method(model.stages[1], "forward", () => {
      throw new Error("OOM when allocating tensor");
    });
    await assert.rejects(async () => adaptToTexts(model, texts, options), {
      name: "FrostError",
      message:
        /^the engine ran out of memory on a batch of 1 texts of up to \d+ tokens: try (maxLength: \d+, or )?freezing one block more$/,
    });
    broken.mock.restore();
    model.dispose();
  });

  it("goes on into classification, from weights the adaptation has moved", async () => {
    const data = { train: toyRows(48), valid: toyRows(24, "valid") };
    const model = await load("bert");
    await adaptToTexts(model, texts, options);
    const { epochs } = await fineTune(model, data, { epochs: 3, batchSize: 8, learningRate: 3e-3 });
    assert.ok(epochs[2].trainLoss < epochs[0].trainLoss);
    model.dispose();
  });

  it("leaves frozen weights as they are, the tied word embeddings among them", async () => {
    const model = await load("bert");
    const frozen = new Set(topNLayerFreeze(model, 1));
    const before = new Map(model.namedParameters().map(([name, { stamp }]) => [name, stamp]));
    const { losses } = await adaptToTexts(model, texts, options);
    assert.ok(losses[2] < losses[0]);
    for (const [name, { stamp }] of model.namedParameters())
      if (frozen.has(name)) assert.equal(stamp, before.get(name), name);
    model.dispose();
  });

  it("draws masks, order and dropout by seed: the same seed, the same losses", async () => {
    const losses = async (seed: number) => {
      const model = await load("bert");
      const { losses } = await adaptToTexts(model, texts, { ...options, epochs: 1, seed });
      model.dispose();
      return losses;
    };
    const first = await losses(5);
    assert.deepEqual(await losses(5), first);
    assert.notDeepEqual(await losses(6), first);
  });

  it("starts from the head that the checkpoint holds: a pretrained model tells words better than their frequencies do", async () => {
    const folder = join(__dirname, "../fixtures/mini-bert-en");
    const table = textDataset(await readTable(join(__dirname, "../fixtures/short-reviews/train.csv")), {
      text: "text",
    });
    const rows = takeRows(
      table,
      Int32Array.from({ length: 32 }, (_, i) => i),
    );
    const model = await Auto.fromPretrained(folder, { log: () => {} });
    const encoded = await tokenize(rows, await loadTokenizer(folder), { maxLength: 64 });
    const { losses } = await adaptToTexts(model, encoded, { maskTokenId: 4, batchSize: 32, learningRate: 0 });
    // Words by their frequencies alone: 6.3; the model where it was made: 5.5 (test/fixtures/mini-bert-en/README.md).
    assert.ok(losses[0] < 5.8, `${losses}`);
    model.dispose();
  });

  it("stops where the signal says, and refuses families whose head it does not know", async () => {
    const model = await load("bert");
    const abort = new AbortController();
    const run = adaptToTexts(model, texts, { ...options, signal: abort.signal });
    let steps = 0;
    for await (const event of run) if (event.type === "step" && ++steps === 2) abort.abort();
    assert.equal(steps, 2);
    assert.deepEqual((await run).losses, []);
    await assert.rejects(
      async () => adaptToTexts(model, texts, { ...options, maskTokenId: 120 }),
      /maskTokenId/,
    );
    assert.throws(() => adaptToTexts(Promise.resolve(model) as never, texts, options), {
      message: /^adaptToTexts: model: expected a loaded model, got a Promise: await it first$/,
    });
    const empty = { ...texts, inputIds: texts.inputIds.map(() => Int32Array.of(2, 3)) };
    await assert.rejects(async () => adaptToTexts(model, empty, options), {
      name: "InputError",
      message: "adaptToTexts: expected texts with tokens to mask, got none in any row",
    });
    const bias = model.parameter("bert.encoder.layer.0.output.dense.bias");
    bias.assign(tf.fill(bias.shape, Number.NaN));
    await assert.rejects(async () => adaptToTexts(model, texts, options), {
      name: "FrostError",
      message:
        /got loss NaN, since the parameter bert\.encoder\.layer\.0\.output\.dense\.bias holds NaN; try a model/,
    });
    model.dispose();
    const other = await load("electra");
    await assert.rejects(
      async () => adaptToTexts(other, texts, options),
      /expected a model of bert, .*, got electra/,
    );
    other.dispose();
  });
});
