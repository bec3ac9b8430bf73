import { createHash } from "node:crypto";
import * as tf from "@tensorflow/tfjs-core";
import type { Rows } from "../data/Rows";
import type { Precision } from "../engine/autocast";
import { engineHash } from "../engine/engineHash";
import { DamagedEntry } from "../files/cacheEntry";
import type { DiskCache } from "../files/DiskCache";
import { kitHash } from "../kitHash";
import type { Classifier } from "../models/Classifier";
import { parameterHash } from "../nn/parameterHash";
import { nextTurn } from "./nextTurn";
import type { RaggedStore } from "./RaggedStore";

/** The output of the first stages for each row of a dataset. */
export interface Features {
  /** Of one row of features: [hidden], or [height, width, channels]. */
  shape: number[];
  /** Whether a text has a row for each of its tokens; after the last block it may have one alone, that of the [CLS] token. */
  everyRow: boolean;
  store: RaggedStore;
}

/** Features of fewer tokens, or bytes of pixels, are computed sooner than the weights are hashed by which they would be found. */
const WORTH_CACHING = 4096;

/** Whether features take longer to compute than to find. Those of the first stage, embeddings or a stem, do not. */
export const areWorthCaching = (rows: Rows, stages: number): boolean =>
  stages > 1 && rows.size >= WORTH_CACHING;

/** How features are computed, besides the model and the rows. */
export interface FeaturePass {
  /** How many stages run. */
  stages: number;
  /** Rows of a batch are padded to one length, which sums may show in their last bit. */
  batchSize: number;
  precision: Precision;
  /** After how many stages they were rounded to be cached, `stages` included; none in fp32, where caching loses nothing. */
  rounded: number[];
}

/**
 * Names features by all that decides their bits: the weights below, what the config says of them, the rows, how they are computed,
 * the engine and the kit.
 */
export async function keyOfFeatures(model: Classifier, rows: string, pass: FeaturePass): Promise<string> {
  const stages = model.stages.slice(0, pass.stages);
  const weights = [];
  for (const { name, parameters, buffers = [] } of stages)
    weights.push([name, await Promise.all([...parameters, ...buffers].map(parameterHash))]);
  const adapters = stages.flatMap(({ adaptable = [] }) =>
    adaptable.map(({ lora }) => lora && [lora.scale, lora.merged]),
  );
  const how = [pass.stages, pass.batchSize, pass.precision, pass.rounded];
  const facts = [model.modelType, model.config, weights, adapters, rows, how];
  const hash = createHash("sha256")
    .update(kitHash())
    .update(await engineHash());
  return hash.update(JSON.stringify(facts)).digest("hex");
}

/*
 * Features on disk: whether every row is there, how many dimensions a row has, and those, padded with ones to three (Int32); then row
 * after row as it is stored.
 */
const HEAD = 5;
const width = (shape: number[]) => tf.util.sizeFromShape(shape);

/** Writes features to disk under this key. */
export function cacheFeatures(
  cache: DiskCache,
  key: string,
  features: Features,
  count: number,
): Promise<void> {
  const { shape, everyRow, store } = features;
  const { memory, disk } = store.bytes;
  return cache.save(key, 4 * HEAD + memory + disk, async (write) => {
    const head = new Int32Array(HEAD).fill(1);
    head.set([everyRow ? 1 : 0, shape.length, ...shape]);
    write(head);
    for (let row = 0; row < count; row++) {
      write(store.stored(row));
      if (row % 64 === 63) await nextTurn();
    }
  });
}

/** The features on disk under this key, in `store`; null where there are none or they are damaged, and the store is disposed. */
export async function readFeatures(
  cache: DiskCache,
  key: string,
  rows: Rows,
  store: RaggedStore,
): Promise<Features | null> {
  let features: Features | null = null;
  try {
    features = await cache.load(key, async (read, bytes) => {
      const head = new Int32Array(HEAD);
      read(head);
      const [everyRow, rank] = head;
      const shape = Array.from(head.subarray(2, 2 + rank));
      if (rank < 1 || rank > HEAD - 2 || shape.some((size) => size < 1))
        throw new DamagedEntry(`cannot hold rows of shape [${shape}]`);
      const lengths = rows.lengths.map((length) => width(shape) * (everyRow ? length : 1));
      const values = lengths.reduce((sum, length) => sum + length, 0);
      if (4 * HEAD + values * store.emptyRow(0).BYTES_PER_ELEMENT !== bytes)
        throw new DamagedEntry(`cannot hold ${lengths.length} rows of shape [${shape}]`);
      for (const [row, length] of lengths.entries()) {
        const stored = store.emptyRow(length);
        read(stored);
        store.putStored(row, stored);
        if (row % 64 === 63) await nextTurn();
      }
      return { shape, everyRow: everyRow !== 0, store };
    });
  } finally {
    if (!features) store.dispose();
  }
  return features;
}
