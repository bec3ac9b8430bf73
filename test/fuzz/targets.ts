import type { Target } from "./Target";
import { archiveTarget } from "./targets/archives";
import { cacheTarget } from "./targets/caches";
import { commandTarget } from "./targets/commands";
import { imageTarget } from "./targets/images";
import { configTarget, imageConfigTarget, sentenceTarget } from "./targets/models";
import { packTarget } from "./targets/packs";
import { predictionsTarget } from "./targets/predictions";
import { recordsTarget } from "./targets/records";
import { stateTarget } from "./targets/states";
import { parquetTarget, tableTarget } from "./targets/tables";
import { tokenizerTarget } from "./targets/tokenizers";
import { safetensorsTarget, shardsTarget, torchTarget } from "./targets/weights";

/** All kinds of files, and command lines, by name. */
export const targets: Record<string, () => Target | Promise<Target>> = {
  safetensors: () => safetensorsTarget,
  torch: () => torchTarget,
  archive: archiveTarget,
  shards: () => shardsTarget,
  config: () => configTarget,
  imageConfig: () => imageConfigTarget,
  sentence: () => sentenceTarget,
  tokenizer: () => tokenizerTarget,
  table: () => tableTarget,
  parquet: () => parquetTarget,
  records: () => recordsTarget,
  predictions: predictionsTarget,
  cache: cacheTarget,
  pack: () => packTarget,
  image: imageTarget,
  state: () => stateTarget,
  command: () => commandTarget,
};
