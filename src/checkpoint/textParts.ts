import { checkConfig } from "../models/checkConfig";
import { Config, type Family, type Take } from "../models/Family";
import { familyOf } from "../models/families";
import type { LoaderOptions, ParameterLoader } from "../models/ParameterLoader";
import type { ProblemType } from "../models/Parts";
import { initializerRange } from "../models/TextClassifier";
import { wantedTensors } from "../models/wantedTensors";
import type { Parameter } from "../nn/Parameter";
import { checkLabelCount } from "./checkLabelCount";
import { type LoadOptions, labelCount } from "./loadClassifier";
import type { Checkpoint } from "./openCheckpoint";
import { reinitializeLayers } from "./reinitializeLayers";
import { readOrigin, saveCheckpoint } from "./saveCheckpoint";
import { storedLabels } from "./storedLabels";

interface Asked {
  /** What of config.json is of the task. */
  config: Record<string, unknown>;
  options: LoadOptions & { seed: number; ignoreMismatchedSizes: boolean; reinitLayers: number };
  /** The family's head for texts, or that for tokens. */
  head: "head" | "tokenHead";
  /** What the labels mean; throws where there are none such. */
  problemTypeOf(labels: StoredLabels): ProblemType;
}

/** The labels of a head, and those of the one that the checkpoint was saved with. */
export interface StoredLabels {
  file: string;
  numLabels: number;
  /** Their names, and how many there are; undefined where the checkpoint does not say. */
  own: string[] | undefined;
  ownCount: number | undefined;
}

/** What the loaders of text models have in common: the stages with the family's own head, their parameters taken from a checkpoint. */
export function textParts(
  checkpoint: Checkpoint,
  loaderOf: (options: LoaderOptions) => ParameterLoader,
  { config, options, head, problemTypeOf }: Asked,
) {
  const { folder } = checkpoint;
  const file = `${folder}/config.json`;
  const family: Family = familyOf(config, file);
  const fields = new Config(config, file);
  checkConfig(family, config, file);
  const own = storedLabels(config.id2label, "id2label", file);
  const ownCount = own?.length ?? (config.num_labels as number | undefined);
  const numLabels = labelCount(options, ownCount);
  if (numLabels === ownCount) checkLabelCount(ownCount, checkpoint.tensors, file);
  const problemType = problemTypeOf({ file, numLabels, own, ownCount });
  const stagesOf = (take: Take) => family.stages(fields, take, () => family[head](fields, numLabels, take));
  const loader = loaderOf({
    prefix: family.prefix,
    encoder: { where: folder, kind: family.modelType, tensors: wantedTensors(stagesOf) },
    seed: options.seed,
    initializerRange: initializerRange(config),
    mayDiffer: () => options.ignoreMismatchedSizes,
  });
  const stages = stagesOf((name, shape, initializer) => loader.parameter(name, shape, initializer));
  reinitializeLayers(stages, loader, options.reinitLayers);
  return {
    ...{ fields, numLabels, own, loader, stages },
    /** Whether any of these starts from values that were drawn. */
    isFresh: (parameters: readonly Parameter[]) => {
      const drawn = new Set(loader.fresh.map(({ parameter }) => parameter));
      return parameters.some((parameter) => drawn.has(parameter));
    },
    redraw: options.ignoreMismatchedSizes ? (each: Parameter) => loader.redraw(each) : null,
    /** What a model is made of besides, once its head stands. */
    rest: () => ({
      family,
      parameters: loader.parameters,
      fresh: loader.fresh,
      unused: loader.unused(family.ignored),
      initializerRange: initializerRange(config),
      problemType,
      folder,
      checkpointHash: () => checkpoint.hash(),
      origin: readOrigin(folder),
      save: saveCheckpoint,
    }),
  };
}
