// The runs whose states are kept of each version in test/fixtures/kept-…: what made them, and what they are to come to, reads this.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { encodeImages } from "../../src/data/encodeImages";
import { imageFolder } from "../../src/data/imageFolder";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { type EncodedDataset, tokenize } from "../../src/data/tokenize";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { addLora } from "../../src/recipes/addLora";
import { trainNorms } from "../../src/recipes/trainNorms";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import type { SweepData } from "../../src/sweep/SweepOptions";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import type { FineTuneData, FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { transformTo } from "../data/images";

const log = () => {};

/** A run of the kit: how far it has come, and the losses of its epochs. */
export interface KeptRun {
  /** After so many updates it was stopped; infinite where it ended by itself. */
  stop: number;
  load: (folder: string) => Promise<Classifier>;
  /** Goes on from the state in `state`; `at` is called with each step, and with the one that it resumes after. */
  run: (
    model: Classifier,
    folder: string,
    more: { resume: string; signal?: AbortSignal; log?: (line: string) => void },
    at: (type: "resumed" | "step", step: number) => Promise<void> | void,
  ) => Promise<number[]>;
}

const loadText = (folder: string) =>
  AutoModelForSequenceClassification.fromPretrained(join(folder, "model"), { log });

/** The rows of a table beside the model, as tokens. */
export async function rowsOf(folder: string, table: "train" | "valid"): Promise<EncodedDataset> {
  const texts = textDataset(await readTable(join(folder, `${table}.csv`)), { label: "target", log });
  return tokenize(texts, await loadTokenizer(join(folder, "model")), { maxLength: 16 });
}

const textRows = async (folder: string): Promise<FineTuneData> => ({
  train: await rowsOf(folder, "train"),
  valid: await rowsOf(folder, "valid"),
});

/** A fine-tuning as a run that is kept. */
function fineTuned(
  load: KeptRun["load"],
  stop: number,
  options: FineTuneOptions,
  data: (folder: string) => Promise<FineTuneData> = textRows,
): KeptRun {
  return {
    stop,
    load,
    async run(model, folder, more, at) {
      const run = fineTune(model, await data(folder), { log, ...options, ...more });
      for await (const event of run)
        if (event.type === "step" || event.type === "resumed") await at(event.type, event.step);
      return (await run).epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss ?? 0]);
    },
  };
}

/** The runs by the names of their states. */
export const RUNS: Record<string, KeptRun> = {
  // Above frozen blocks, in mid-epoch, with every kind of setting that a state holds.
  text: fineTuned(
    async (folder) => {
      const model = await loadText(folder);
      topNLayerFreeze(model, 2);
      return model;
    },
    5,
    {
      epochs: 4,
      batchSize: 4,
      gradientAccumulation: 3,
      learningRate: 3e-3,
      schedule: "cosine",
      layerwiseDecay: 0.8,
      parameterGroups: [{ match: "*bias", weightDecay: 0 }],
      classWeights: "balanced",
      metric: "loss",
      earlyStopping: 3,
      seed: 5,
    },
  ),
  lora: fineTuned(
    async (folder) => {
      const model = await loadText(folder);
      addLora(model, { rank: 2, dropout: 0.1 });
      return model;
    },
    4,
    { epochs: 2, batchSize: 8, learningRate: 1e-2, seed: 1 },
  ),
  thawing: fineTuned(loadText, 4, {
    epochs: 2,
    batchSize: 8,
    learningRate: 1e-3,
    unfreeze: [3, 2],
    seed: 3,
  }),
  ended: fineTuned(
    async (folder) => {
      const model = await loadText(folder);
      topNLayerFreeze(model, model.depth);
      return model;
    },
    Number.POSITIVE_INFINITY,
    { epochs: 2, batchSize: 8, learningRate: 1e-2, seed: 2 },
  ),
  images: fineTuned(
    async (folder) => {
      const model = await AutoModelForImageClassification.fromPretrained(
        join(folder, "../models/resnet18-narrow"),
        {
          classes: ["blue", "red"],
          ignoreMismatchedSizes: true,
          log,
        },
      );
      trainNorms(model);
      return model;
    },
    3,
    { epochs: 2, batchSize: 4, learningRate: 1e-3, seed: 4 },
    async (folder) => ({
      train: await encodeImages(await imageFolder(join(folder, "images"), { log }), transformTo(32), {
        augment: { scale: [0.3, 1] },
      }),
    }),
  ),
  adaptation: {
    stop: 4,
    async load(folder) {
      const model = await loadText(folder);
      topNLayerFreeze(model, 2);
      return model;
    },
    async run(model, folder, more, at) {
      const run = adaptToTexts(model as never, await rowsOf(folder, "train"), {
        log,
        maskTokenId: 4,
        epochs: 2,
        batchSize: 8,
        learningRate: 1e-3,
        seed: 6,
        ...more,
      });
      for await (const event of run)
        if (event.type === "step" || event.type === "resumed") await at(event.type, event.step);
      return (await run).losses;
    },
  },
};

/** The sweep whose records and predictions are kept: depths, recipes, rates and seeds, of a model with a block that is drawn anew. */
export const sweptModel = (folder: string) =>
  AutoModelForSequenceClassification.fromPretrained(join(folder, "model"), { reinitLayers: 1, log });

export const keptSweep = async (model: Classifier, folder: string, out: string, signal?: AbortSignal) =>
  freezeSweep(model, (await textRows(folder)) as SweepData, {
    n: [1, 3],
    seeds: [0, 1],
    learningRates: [1e-3, 1e-2],
    strategies: ["bitFit", { recipe: "lora", name: "small lora", rank: 2 }],
    epochs: 4,
    batchSize: 6,
    out,
    signal,
    log,
  });

/** SHA-256 over the bits of all weights and running statistics, with their names. */
export async function bitsOf(model: Classifier): Promise<string> {
  const hash = createHash("sha256");
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()]) {
    const { buffer, byteOffset, byteLength } = await parameter.data();
    hash.update(`${name}:`).update(Buffer.from(buffer, byteOffset, byteLength));
  }
  return hash.digest("hex");
}
