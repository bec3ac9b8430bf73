import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForTokenClassification } from "../../src/checkpoint/AutoModelForTokenClassification";
import type { EncodedTokens } from "../../src/data/TokenWindows";
import { TokenWindows } from "../../src/data/TokenWindows";
import { topNLayerFreeze } from "../../src/freeze";
import type { TokenClassifier } from "../../src/models/TokenClassifier";
import { Random } from "../../src/random";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { readPredictions } from "../../src/sweep/readPredictions";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { evaluate } from "../../src/training/evaluate";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { predictTokens } from "../../src/training/predictTokens";
import { assertClose } from "../close";
import { expected, LABELS, withTokenHead } from "../models/tokenHeads";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyBert, toyRows } from "./toyData";

/** Rows by hand, with a label or -100 for each token, each row a text. */
function encoded(rows: number[][], labels: number[][], classes: string[]): EncodedTokens {
  const places = labels.map((row) => Int32Array.from(row.flatMap((label, i) => (label >= 0 ? i : []))));
  let told = 0;
  const words = places.map((own) => ({
    text: "w".repeat(own.length),
    starts: Int32Array.from(own, (_, i) => i),
    ends: Int32Array.from(own, (_, i) => i + 1),
    numbers: Int32Array.from(own, () => told++),
  }));
  return new TokenWindows({
    inputIds: rows.map((row) => Int32Array.from(row)),
    tokenTypeIds: null,
    labels: {
      problemType: "single_label_classification",
      classes,
      ids: Int32Array.from(labels.flat().filter((label) => label >= 0)),
      sequences: Int32Array.from(places, (own) => own.length),
    },
    truncated: 0,
    maxLength: 32,
    padTokenId: 0,
    places,
    words,
    hash: "",
  }).hashed();
}

const classes = ["O", "B-EVEN", "I-EVEN"];

/** Words of a token or two; a run of even tokens above 24 is an entity. */
function toyWords(count: number, purpose = "train"): EncodedTokens {
  const random = new Random(1, "words", purpose);
  const labels: number[][] = [];
  const rows = Array.from({ length: count }, () => {
    const row = [2];
    const own = [-100];
    let before = 0;
    for (let word = 2 + random.integer(7); word > 0; word--) {
      const token = 10 + random.integer(30);
      const inside = token > 24 && token % 2 === 0;
      row.push(token);
      own.push(inside ? (before > 0 ? 2 : 1) : 0);
      before = own.at(-1)!;
      if (random.uniform() < 0.3) {
        row.push(5);
        own.push(-100);
      }
    }
    labels.push([...own, -100]);
    return [...row, 3];
  });
  return encoded(rows, labels, classes);
}

const load = (log: (line: string) => void = () => {}) =>
  AutoModelForTokenClassification.fromPretrained(tinyBert, { classes, ignoreMismatchedSizes: true, log });

const bitsOf = (model: TokenClassifier) =>
  Promise.all(model.namedParameters().map(async ([name, { value }]) => [name, [...(await value.data())]]));

const run = { epochs: 3, batchSize: 8, learningRate: 2e-3, schedule: "constant", warmup: 0 } as const;

const idsOf = (data: EncodedTokens): Int32Array => (data.labels as { ids: Int32Array }).ids;

onEveryFastEngine("Training to tell words", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
  after(() => rmSync(folder, { recursive: true }));

  it("has the same losses and weights where fewer rows go through the model at a time, told or tried, behind frozen blocks too", async () => {
    const data = toyWords(24);
    for (const frozen of [-1, 1]) {
      const trained = async (microBatchSize?: number | "auto") => {
        const model = await load();
        if (frozen >= 0) topNLayerFreeze(model, frozen);
        const { epochs } = await fineTune(model, { train: data }, { ...run, eps: 1e-3, microBatchSize });
        const weights = await bitsOf(model);
        model.dispose();
        return { losses: epochs.map(({ trainLoss }) => trainLoss), weights: weights as [string, number[]][] };
      };
      const [whole, cut] = [await trained(), await trained(3)];
      assertClose(cut.losses, whole.losses, 1e-5, "losses");
      for (const [i, [name, values]] of whole.weights.entries())
        assertClose(cut.weights[i][1], values, 2e-5, name);
      assert.notDeepEqual(cut, whole, "other roundings");
      assert.deepEqual(await trained("auto"), whole, "all fit");
    }
  });

  for (const family of ["bert", "deberta-v2", "modernbert"])
    it(`gives Transformers' loss and, after three steps with a block frozen, its logits: ${family}`, async () => {
      const wanted = expected[family];
      const { input_ids, attention_mask, labels } = wanted.inputs;
      const width = input_ids[0].length;
      const lengths = attention_mask.map((row) => row.filter(Boolean).length);
      const rows = input_ids.map((row, i) => row.slice(0, lengths[i]));
      const data = encoded(
        rows,
        rows.map((row, i) => labels.slice(i * width, i * width + row.length)),
        LABELS,
      );
      const model = await AutoModelForTokenClassification.fromPretrained(await withTokenHead(family), {
        log: assert.fail,
      });
      const { loss } = await evaluate(model, data);
      assert.ok(Math.abs(loss - wanted.loss) <= 2e-6, `loss ${loss}, Transformers' is ${wanted.loss}`);
      topNLayerFreeze(model, 1);
      const { epochs } = await fineTune(
        model,
        { train: data },
        {
          epochs: 3,
          batchSize: 2,
          learningRate: 1e-3,
          schedule: "constant",
          warmup: 0,
          maxGradNorm: 1e9,
          weightDecay: 0.01,
        },
      );
      assert.ok(Math.abs(epochs[0].trainLoss - wanted.loss) <= 2e-6);
      const { logits } = model.forward({ inputIds: input_ids, attentionMask: attention_mask });
      const ours = await logits.data();
      wanted.trained.forEach((token, i) => {
        if (attention_mask.flat()[i])
          assertClose(ours.slice(i * LABELS.length, (i + 1) * LABELS.length), token, 1e-4, `token ${i}`);
      });
      logits.dispose();
      model.dispose();
    });

  it("learns, is scored by whole entities, and leaves no tensor", async () => {
    const [train, valid] = [toyWords(96), toyWords(40, "valid")];
    const before = tf.memory().numTensors;
    const model = await load();
    topNLayerFreeze(model, 0);
    const start = await evaluate(model, valid);
    const { epochs } = await fineTune(model, { train, valid }, { ...run, epochs: 12, metric: "entityF1" });
    const last = epochs.at(-1)!;
    assert.ok(
      last.metrics.entityF1 > 0.6 && last.metrics.entityF1 > start.metrics.entityF1 + 0.3,
      JSON.stringify(last),
    );
    assert.ok(last.metrics.accuracy > start.metrics.accuracy + 0.1, JSON.stringify(last));
    const scores = await evaluate(model, valid);
    assert.deepEqual(scores.metrics, last.metrics);
    const { tags, spans, probabilities } = await predictTokens(model, valid);
    assert.equal(probabilities.length, idsOf(valid).length * 3);
    assert.deepEqual(
      tags.map((row) => row.length),
      valid.words.map(({ starts }) => starts.length),
    );
    assert.ok(
      spans.flat().every(({ score, label }) => label === "EVEN" && score > 1 / 3 && score < 1 + 1e-6),
    );
    assert.ok(spans.flat().length > 10);
    model.dispose();
    assert.equal(tf.memory().numTensors, before, "tensors left behind");
  });

  it("finds the parts that are scored: a word that the tokenizer makes no token of parts none", async () => {
    const plain = toyWords(24);
    // The same words, with one that is not told behind each.
    const apart: EncodedTokens = new TokenWindows({
      ...plain,
      words: plain.words.map(({ text, starts, numbers }) => ({
        text: text.replaceAll("w", "w\u00ad"),
        starts: Int32Array.from({ length: 2 * starts.length }, (_, i) => i),
        ends: Int32Array.from({ length: 2 * starts.length }, (_, i) => i + 1),
        numbers: Int32Array.from({ length: 2 * starts.length }, (_, i) => (i % 2 ? -1 : numbers[i / 2])),
      })),
    }).hashed();
    const model = await load();
    await fineTune(model, { train: plain }, { ...run, epochs: 8 });
    const [wanted, found] = [await predictTokens(model, plain), await predictTokens(model, apart)];
    assert.ok(wanted.spans.flat().some(({ start, end }) => end - start > 1));
    assert.deepEqual(
      found.spans,
      wanted.spans.map((row) =>
        row.map(({ start, end, ...of }) => ({ start: 2 * start, end: 2 * end - 1, ...of })),
      ),
    );
    assert.deepEqual(
      found.tags,
      wanted.tags.map((row) => row.flatMap((tag) => [tag, "O"])),
    );
    model.dispose();
  });

  it("gives the same numbers from cached features of frozen blocks, and from batches of other sizes the same predictions", async () => {
    const [train, valid] = [toyWords(24), toyWords(12, "valid")];
    const model = await load();
    topNLayerFreeze(model, 3);
    await fineTune(model, { train, valid }, { ...run, epochs: 1 });
    const [few, many] = [
      await predictTokens(model, valid, { batchSize: 2 }),
      await predictTokens(model, valid),
    ];
    assertClose(few.probabilities, many.probabilities, 1e-5);
    const whole = await load();
    topNLayerFreeze(whole, 3);
    // Dropout rests in frozen blocks either way; this computes them at each step.
    await fineTune(whole, { train, valid }, { ...run, epochs: 1, frozenDropout: true });
    const again = await predictTokens(whole, valid);
    assertClose(again.probabilities, many.probabilities, 1e-5);
    for (const each of [model, whole]) each.dispose();
  });

  it("goes on from where it stopped, bit by bit", async () => {
    const [train, valid] = [toyWords(32), toyWords(12, "valid")];
    const place = join(folder, "state");
    const whole = await load();
    await fineTune(whole, { train, valid }, { ...run, epochs: 2 });
    const stopped = await load();
    const stop = new AbortController();
    const first = fineTune(
      stopped,
      { train, valid },
      { ...run, epochs: 2, resume: place, signal: stop.signal, log: () => {} },
    );
    for await (const event of first) if (event.type === "step" && event.step === 3) stop.abort();
    const goneOn = await load();
    await fineTune(goneOn, { train, valid }, { ...run, epochs: 2, resume: place, log: () => {} });
    assert.deepEqual(await bitsOf(goneOn), await bitsOf(whole));
    for (const each of [whole, stopped, goneOn]) each.dispose();
    rmSync(place, { recursive: true });
  });

  it("takes weights of classes, smoothing and other losses, and counts words and not tokens", async () => {
    const train = toyWords(16);
    for (const options of [
      { classWeights: "balanced" },
      { labelSmoothing: 0.1 },
      { loss: "focal" },
      { loss: "ordinal" },
    ] as FineTuneOptions[]) {
      const model = await load();
      const { epochs } = await fineTune(
        model,
        { train },
        { ...run, learningRate: 1e-3, epochs: 6, ...options },
      );
      assert.ok(epochs[5].trainLoss < 0.9 * epochs[0].trainLoss, JSON.stringify(options));
      model.dispose();
    }
    const model = await load();
    const { metrics } = await evaluate(model, train);
    const { tags } = await predictTokens(model, train);
    const right = tags.flat().filter((tag, word) => tag === classes[idsOf(train)[word]]).length;
    assert.ok(Math.abs(metrics.accuracy - right / tags.flat().length) < 1e-12);
    model.dispose();
  });

  it("is swept over depths, judged by entities on the same texts", async () => {
    const [train, valid] = [toyWords(24), toyWords(16, "valid")];
    const out = join(folder, "sweep");
    const swept = await freezeSweep(
      tinyBert,
      { train, valid },
      { ...{ n: [0, 2], seeds: [0, 1], out, log: () => {} }, ...run, epochs: 2, metric: "entityF1" },
    );
    assert.equal(swept.records.length, 4);
    const [record] = readRecords(join(out, "records.jsonl"));
    assert.equal(record.validRows, idsOf(valid).length);
    const { labels } = readPredictions(out, record);
    assert.deepEqual(labels, valid.labels);
    const rows = summarize(swept.records, { metric: "entityF1" });
    assert.deepEqual(rows.map(({ n }) => n).sort(), [0, 2]);
    assert.ok(rows.every(({ score }) => score.mean >= 0 && score.mean <= 1));
  });

  it("refuses rows of whole texts for words, and the other way round", async () => {
    const [words, texts] = [toyWords(4), toyRows(4)];
    const [tagger, classifier] = [await load(), await loadTiny()];
    await assert.rejects(predict(tagger, texts), {
      message: /predict: the model tells the label of each token, these rows have no words/,
    });
    await assert.rejects(evaluate(classifier, words), {
      message: /these rows are of words in texts.*AutoModelForTokenClassification/,
    });
    await assert.rejects(predictTokens(tagger, texts as never), {
      message: /predictTokens: expected words of texts/,
    });
    await assert.rejects(async () => fineTune(tagger, { train: words }, { headInit: "probe" }), {
      message: /label of each token/,
    });
    for (const each of [tagger, classifier]) each.dispose();
  });
});
