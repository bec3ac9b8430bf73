// The kit's side of the benches. Takes a task as JSON, prints its figures as JSON, as peer.py does.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { fineTune } from "../../src/training/fineTune";
import type { Figures, Task } from "./contest";
import { randomRows } from "./randomRows";

const task: Task = JSON.parse(process.argv[2]);

const load = () => AutoModelForSequenceClassification.fromPretrained(task.model, { log: () => {} });

async function sweep(): Promise<Figures> {
  const tokenizer = await loadTokenizer(task.model);
  const train = textDataset(await readTable(task.train!), { text: task.text, label: task.label });
  const valid = textDataset(await readTable(task.valid!), {
    text: task.text,
    label: task.label,
    classes: train.labels?.classes,
  });
  const { maxLength } = task;
  const out = mkdtempSync(join(tmpdir(), "frostkit-bench-"));
  try {
    const { records } = await freezeSweep({
      model: task.model,
      train: await tokenize(train, tokenizer, { maxLength }),
      valid: await tokenize(valid, tokenizer, { maxLength }),
      n: task.n,
      seeds: [task.seed ?? 0],
      epochs: task.epochs,
      batchSize: task.batchSize,
      learningRate: task.learningRate,
      out,
      log: () => {},
    });
    const trials = records.map(({ n, epochs, frozenSeconds, accuracy }) => ({
      n,
      seconds: epochs.reduce(
        (sum, { trainSeconds, evalSeconds }) => sum + trainSeconds + evalSeconds,
        frozenSeconds,
      ),
      accuracy: accuracy!,
    }));
    return { trials };
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Seconds of each step; with frozen blocks their features are kept from an epoch before. */
async function steps(): Promise<Figures> {
  const model = await load();
  const [n] = task.n!;
  if (n >= 0) topNLayerFreeze(model, n);
  const { batchSize, tokens, steps } = task as Required<Task>;
  const train = randomRows(batchSize, tokens, model.config.vocab_size as number);
  const { epochs } = await fineTune(model, { train }, { epochs: steps, batchSize });
  return { seconds: epochs.map(({ trainSeconds }) => trainSeconds) };
}

async function loading(): Promise<Figures> {
  const start = performance.now();
  const model = await load();
  topNLayerFreeze(model, 0);
  return { seconds: [(performance.now() - start) / 1000] };
}

async function tokenizing(): Promise<Figures> {
  const tokenizer = await loadTokenizer(task.model);
  const dataset = textDataset(await readTable(task.train!), { text: task.text });
  const start = performance.now();
  await tokenize(dataset, tokenizer, { maxLength: task.maxLength });
  return { seconds: [(performance.now() - start) / 1000], rows: dataset.texts.length };
}

async function main(): Promise<void> {
  // A first run is measured: one that keeps what later ones find, and finds nothing.
  const cache = mkdtempSync(join(tmpdir(), "frostkit-cache-"));
  process.once("exit", () => rmSync(cache, { recursive: true, force: true }));
  process.env.FROSTKIT_CACHE = cache;
  const engine = await useEngine((process.env.FROSTKIT_BENCH_ENGINE ?? "tensorflow") as EngineName);
  const figures = await { sweep, steps, load: loading, tokenize: tokenizing }[task.kind]();
  const peakRssBytes = process.resourceUsage().maxRSS * 1024;
  const versions = { node: process.versions.node, engine: engine.name, ...engine.versions };
  console.log(`figures ${JSON.stringify({ ...figures, peakRssBytes, versions })}`);
}

void main();
