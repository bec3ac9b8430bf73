// The kit's side of the benches. Takes a task as JSON and an engine's name, prints its figures as JSON, as peer.py does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { batchRows } from "../../src/data/batches";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { randomRows } from "../../src/data/randomRows";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { peakBytes } from "../../src/engine/peakBytes";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { watchCalls } from "../../src/engine/watchCalls";
import { topNLayerFreeze } from "../../src/freeze";
import { product } from "../../src/ops/products/products";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import type { Figures, Product, Task, Trial } from "./contest";

const task: Task = JSON.parse(process.argv[2]);

const load = () => AutoModelForSequenceClassification.fromPretrained(task.model, { log: () => {} });

const secondsSince = (start: number) => (performance.now() - start) / 1000;

/** By the clock on the wall, from before the weights are put in place until they are put back. */
async function sweep(): Promise<Figures> {
  const { text, label, maxLength, n, seed, epochs, batchSize, learningRate, precision, frozenDropout } = task;
  const tokenizer = await loadTokenizer(task.model);
  const train = textDataset(await readTable(task.train!), { text, label, log: () => undefined });
  const valid = textDataset(await readTable(task.valid!), { text, label, classes: train.labels?.classes });
  const out = mkdtempSync(join(tmpdir(), "frostkit-bench-"));
  const trials: Trial[] = [];
  let start = 0;
  try {
    for await (const event of freezeSweep({
      model: task.model,
      train: await tokenize(train, tokenizer, { maxLength }),
      valid: await tokenize(valid, tokenizer, { maxLength }),
      n,
      seeds: [seed!],
      epochs,
      batchSize,
      learningRate,
      precision,
      frozenDropout,
      out,
      log: () => {},
    })) {
      if (event.type === "trial") start = performance.now();
      if (event.type === "failed") throw event.error;
      if (event.type !== "record") continue;
      const trial = { n: event.record.n, seconds: secondsSince(start), accuracy: event.record.accuracy! };
      console.log(`N = ${trial.n}: ${trial.seconds.toFixed(2)} s, accuracy ${trial.accuracy.toFixed(4)}`);
      trials.push(trial);
    }
    return { trials, rows: [train.texts.length, valid.texts.length] };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Seconds of each step; with frozen blocks their features are kept from an epoch before. */
async function steps(): Promise<Figures> {
  const model = await load();
  const [n] = task.n!;
  if (n >= 0) topNLayerFreeze(model, n);
  const { batchSize, tokens, steps, precision } = task as Required<Task>;
  const train = randomRows(batchSize, tokens, model.config.vocab_size as number);
  const peak = peakBytes();
  const { epochs } = await fineTune(model, { train }, { epochs: steps, batchSize, precision });
  const seconds = epochs.map(({ trainSeconds }) => trainSeconds);
  model.dispose();
  return { seconds, peakTensorBytes: peak() };
}

/** What each step of an epoch asks of TensorFlow; the rows of one batch are shorter than all others. */
async function dispatch(): Promise<Figures> {
  const model = await load();
  const [n] = task.n!;
  if (n >= 0) topNLayerFreeze(model, n);
  const { batchSize, tokens, otherTokens, steps, seed } = task as Required<Task>;
  const rows = (count: number) => randomRows(count, tokens, model.config.vocab_size as number);
  const train = rows(batchSize * steps);
  train.inputIds = train.inputIds.map((ids, row) =>
    row < batchSize * (steps - 1) ? ids : ids.slice(0, otherTokens),
  );
  const lengths = train.inputIds.map((ids) => ids.length);
  const other = batchRows(lengths, { batchSize, shuffle: { seed, epoch: 1 } }).findIndex(
    ([row]) => lengths[row] === otherTokens,
  );
  const asked: NonNullable<Figures["dispatched"]>["asked"] = [];
  const losses: number[] = [];
  const seconds: number[] = [];
  const watch = watchCalls()!;
  let start = performance.now();
  for await (const event of fineTune(model, { train }, { epochs: 1, batchSize, seed })) {
    if (event.type !== "step") continue;
    seconds.push(secondsSince(start));
    asked.push(watch.take());
    losses.push(event.loss);
    start = performance.now();
  }
  watch.stop();
  const { probabilities } = await predict(model, rows(batchSize));
  model.dispose();
  return { seconds, dispatched: { asked, other, losses, probabilities: [...probabilities] } };
}

/** Some steps, and then what the products that they consist of take by themselves. */
async function gemm(): Promise<Figures> {
  const figures = await steps();
  const products = task.products!;
  return {
    ...figures,
    productSeconds: {
      engine: products.map((each) =>
        secondsOf(each, (a, b) => tf.matMul(a, b, each.transposeA, each.transposeB)),
      ),
      kit: products.map((each) => {
        const { transposeA, transposeB } = each;
        return secondsOf(each, (a, b) => product({ a, b, transposeA, transposeB }));
      }),
    },
  };
}

/** The median of at least five runs and half a second, after one that warms up. */
function secondsOf(
  { m, k, n, transposeA, transposeB }: Product,
  run: (a: tf.Tensor2D, b: tf.Tensor2D) => tf.Tensor,
): number {
  const a = tf.randomUniform(transposeA ? [k, m] : [m, k], -1, 1, "float32", 1) as tf.Tensor2D;
  const b = tf.randomUniform(transposeB ? [n, k] : [k, n], -1, 1, "float32", 2) as tf.Tensor2D;
  const seconds: number[] = [];
  for (let total = 0, i = 0; i < 6 || total < 0.5; i++) {
    const start = performance.now();
    run(a, b).dispose();
    const taken = secondsSince(start);
    if (i > 0) seconds.push(taken);
    total += taken;
  }
  tf.dispose([a, b]);
  return seconds.sort((x, y) => x - y)[seconds.length >> 1];
}

/** Seconds until the call has answered, each weight has been read once, and each trainable one written: as a step will do. */
async function loading(): Promise<Figures> {
  const start = performance.now();
  const model = await load();
  topNLayerFreeze(model, 0);
  const answered = secondsSince(start);
  const parameters = model.namedParameters().map(([, parameter]) => parameter);
  const sum = tf.tidy(() => tf.addN(parameters.map(({ value }) => tf.sum(value))));
  sum.dataSync();
  sum.dispose();
  const read = secondsSince(start);
  for (const parameter of parameters)
    if (parameter.requiresGrad) parameter.assign(tf.mul(parameter.value, 1));
  return { seconds: [answered, read, secondsSince(start)] };
}

async function tokenizing(): Promise<Figures> {
  const tokenizer = await loadTokenizer(task.model);
  const dataset = textDataset(await readTable(task.train!), { text: task.text });
  const start = performance.now();
  await tokenize(dataset, tokenizer, { maxLength: task.maxLength });
  return { seconds: [secondsSince(start)], rows: [dataset.texts.length] };
}

/** Loaded here, so that what it needs is not in the memory of the others. */
function search(): Promise<Figures> {
  const { searchTask }: typeof import("./searchTask") = require("./searchTask");
  return searchTask(task);
}

async function main(): Promise<void> {
  const engine = await useEngine(process.argv[3] as EngineName);
  const figures = await { sweep, steps, dispatch, gemm, load: loading, tokenize: tokenizing, search }[
    task.kind
  ]();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS);
  const versions = { node: process.versions.node, engine: engine.name, ...engine.versions };
  console.log(`figures ${JSON.stringify({ ...figures, peakRssBytes, threads, versions })}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
