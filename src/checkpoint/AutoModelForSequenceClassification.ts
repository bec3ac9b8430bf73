import { checkOneOf } from "../check";
import type { ProblemType } from "../models/Classifier";
import { Config } from "../models/Family";
import { familyOf } from "../models/families";
import { initializerRange, SequenceClassifier } from "../models/SequenceClassifier";
import { type LoadOptions, labelCount, labelNames, loadClassifier } from "./loadClassifier";
import { saveCheckpoint } from "./saveCheckpoint";

const PROBLEM_TYPES: ProblemType[] = [
  "single_label_classification",
  "multi_label_classification",
  "regression",
];

export interface FromPretrainedOptions extends LoadOptions {
  problemType?: ProblemType;
  /** Start parameters of another shape than the checkpoint's anew, instead of refusing. */
  ignoreMismatchedSizes?: boolean;
}

export const AutoModelForSequenceClassification = {
  /**
   * Loads a pretrained encoder from a folder in the Hub's layout, or by its Hub id, with a head for sequence classification.
   *
   *     const model = await AutoModelForSequenceClassification.fromPretrained("data/mini-bert-en", { numLabels: 2, seed: 0 });
   *
   * Throws an InputError when the folder lacks a file, the family is not supported or a shape does not fit.
   */
  fromPretrained(idOrFolder: string, options: FromPretrainedOptions = {}): Promise<SequenceClassifier> {
    return loadClassifier(idOrFolder, options, (checkpoint, loaderOf) => {
      const { config, folder } = checkpoint;
      const file = `${folder}/config.json`;
      const family = familyOf(config, file);
      const named = config.id2label as Record<string, string> | undefined;
      const numLabels = labelCount(
        options,
        named ? Object.keys(named).length : (config.num_labels as number | undefined),
      );
      const loader = loaderOf({
        prefix: family.prefix,
        seed: options.seed ?? 0,
        initializerRange: initializerRange(config),
        mayDiffer: () => options.ignoreMismatchedSizes ?? false,
      });
      const stages = family.stages(new Config(config, file), numLabels, (name, shape, initializer) =>
        loader.parameter(name, shape, initializer),
      );
      const classes = labelNames(
        numLabels,
        options,
        Object.keys(named ?? {}).map((_, i) => named![i]),
      );
      return new SequenceClassifier({
        family,
        config: withLabels(config, classes),
        stages,
        parameters: loader.parameters,
        fresh: loader.fresh,
        unused: loader.unused(),
        classes,
        initializerRange: initializerRange(config),
        problemType: problemTypeOf(config, numLabels, options),
        folder,
        checkpointHash: () => checkpoint.hash(),
        save: saveCheckpoint,
      });
    });
  },
};

/** The config with a name for each label; `num_labels`, where it counts others, outweighs names in Python, so it goes. */
function withLabels({ num_labels: _, ...config }: Record<string, unknown>, names: string[]) {
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
