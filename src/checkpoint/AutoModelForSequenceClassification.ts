import { checkInteger, checkOneOf } from "../check";
import { ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import type { ProblemType } from "../models/Classifier";
import { Config } from "../models/Family";
import { familyOf } from "../models/families";
import { ParameterLoader } from "../models/ParameterLoader";
import { initializerRange, SequenceClassifier } from "../models/SequenceClassifier";
import { openCheckpoint } from "./openCheckpoint";
import { resolveModel } from "./resolveModel";
import { saveCheckpoint } from "./saveCheckpoint";

const PROBLEM_TYPES: ProblemType[] = [
  "single_label_classification",
  "multi_label_classification",
  "regression",
];

export interface FromPretrainedOptions {
  /** How many classes or labels; 1 makes a regression. Default: the checkpoint's own, else 2. */
  numLabels?: number;
  /** Class names in the order of the logits; sets `numLabels`. */
  classes?: string[];
  problemType?: ProblemType;
  /** Where the draw of a new head starts. */
  seed?: number;
  /** Start parameters of another shape than the checkpoint's anew, instead of refusing. */
  ignoreMismatchedSizes?: boolean;
  /** A Hub revision: branch, tag or commit. */
  revision?: string;
  /** Takes the notes on what was newly initialised or left unused. Default: `console.info`. */
  log?: (line: string) => void;
}

export const AutoModelForSequenceClassification = {
  /**
   * Loads a pretrained encoder from a folder in the Hub's layout, or by its Hub id, with a head for sequence classification.
   *
   *     const model = await AutoModelForSequenceClassification.fromPretrained("data/mini-bert-en", { numLabels: 2, seed: 0 });
   *
   * Throws an InputError when the folder lacks a file, the family is not supported or a shape does not fit.
   */
  async fromPretrained(idOrFolder: string, options: FromPretrainedOptions = {}): Promise<SequenceClassifier> {
    const { seed = 0, log = console.info } = options;
    await ensureEngine(log);
    const folder = await resolveModel(idOrFolder, { revision: options.revision });
    const checkpoint = openCheckpoint(folder);
    const { config } = checkpoint;
    const family = familyOf(config, `${folder}/config.json`);
    const numLabels = labelCount(config, options);
    const loader = new ParameterLoader(checkpoint, {
      prefix: family.prefix,
      seed,
      initializerRange: initializerRange(config),
      mayDiffer: () => options.ignoreMismatchedSizes ?? false,
    });
    try {
      const stages = family.stages(
        new Config(config, `${folder}/config.json`),
        numLabels,
        (name, shape, initializer) => loader.parameter(name, shape, initializer),
      );
      const labelled = withLabels(config, numLabels, options.classes);
      const model = new SequenceClassifier({
        family,
        config: labelled,
        stages,
        parameters: loader.parameters,
        fresh: loader.fresh,
        unused: loader.unused(),
        classes: Object.values(labelled.id2label),
        initializerRange: initializerRange(config),
        problemType: problemTypeOf(config, numLabels, options),
        folder,
        checkpointHash: () => checkpoint.hash(),
        save: saveCheckpoint,
      });
      if (model.newlyInitialized.length) log(`newly initialised: ${model.newlyInitialized.join(", ")}`);
      if (model.unused.length) log(`not used from the checkpoint: ${model.unused.join(", ")}`);
      return model;
    } catch (error) {
      loader.dispose();
      throw error;
    } finally {
      checkpoint.close();
    }
  },
};

function labelCount(config: Record<string, unknown>, { numLabels, classes }: FromPretrainedOptions): number {
  if (classes && numLabels !== undefined && classes.length !== numLabels)
    throw new InputError(`numLabels: expected ${classes.length}, the number of classes, got ${numLabels}`);
  const own = config.id2label ? Object.keys(config.id2label).length : config.num_labels;
  return checkInteger("numLabels", classes?.length ?? numLabels ?? (own as number | undefined) ?? 2, 1);
}

/** The config with a name for each label; `num_labels`, where it counts others, outweighs names in Python, so it goes. */
function withLabels(
  { num_labels: _, ...config }: Record<string, unknown>,
  count: number,
  classes?: string[],
) {
  const own = config.id2label as Record<string, string> | undefined;
  const kept = own && Object.keys(own).length === count ? own : undefined;
  const names = classes ?? Array.from({ length: count }, (_, i) => kept?.[i] ?? `LABEL_${i}`);
  return {
    ...config,
    id2label: Object.fromEntries(names.map((name, i) => [i, name])),
    label2id: Object.fromEntries(names.map((name, i) => [name, i])),
  };
}

function problemTypeOf(
  config: Record<string, unknown>,
  numLabels: number,
  { problemType, classes }: FromPretrainedOptions,
): ProblemType {
  // A stored type is that of the stored head; it says nothing of a head with other labels.
  const own = classes === undefined ? (config.problem_type as ProblemType | undefined | null) : undefined;
  const type = problemType ?? own ?? (numLabels === 1 ? "regression" : "single_label_classification");
  return checkOneOf("problemType", type, PROBLEM_TYPES);
}
