import type { Target } from "./Target";
import { commandTarget } from "./targets/commands";
import { imageTarget } from "./targets/images";
import { configTarget, imageConfigTarget, sentenceTarget } from "./targets/models";
import { recordsTarget } from "./targets/records";
import { stateTarget } from "./targets/states";
import { tableTarget } from "./targets/tables";
import { tokenizerTarget } from "./targets/tokenizers";
import { safetensorsTarget, shardsTarget, torchTarget } from "./targets/weights";

/** All kinds of files, and command lines, by name. */
export const targets: Record<string, () => Target | Promise<Target>> = {
  safetensors: () => safetensorsTarget,
  torch: () => torchTarget,
  shards: () => shardsTarget,
  config: () => configTarget,
  imageConfig: () => imageConfigTarget,
  sentence: () => sentenceTarget,
  tokenizer: () => tokenizerTarget,
  table: () => tableTarget,
  records: () => recordsTarget,
  image: imageTarget,
  state: () => stateTarget,
  command: () => commandTarget,
};
