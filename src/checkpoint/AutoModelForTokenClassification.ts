import { checkConfig } from "../models/checkConfig";
import { Config, type Take } from "../models/Family";
import { familyOf } from "../models/families";
import { withLabels } from "../models/labelFields";
import { initializerRange } from "../models/TextClassifier";
import { TokenClassifier } from "../models/TokenClassifier";
import { wantedTensors } from "../models/wantedTensors";
import type { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { arrangeHead } from "./arrangeHead";
import { checkLabelCount } from "./checkLabelCount";
import { checkProblemType, type LoadOptions, labelCount, labelNames, loadClassifier } from "./loadClassifier";
import { reinitializeLayers } from "./reinitializeLayers";
import { readOrigin, saveCheckpoint } from "./saveCheckpoint";
import { storedLabels } from "./storedLabels";

export interface TokenClassificationOptions extends LoadOptions {
  /**
   * Blocks, counted from the last, that start from fresh weights instead of the checkpoint's (Zhang et al. 2021). Default: 0.
   */
  reinitLayers?: number;
}

/**
 * Text models of Transformers with a head that tells the label of each token, as of names, of what is personal, or of an essay's parts.
 *
 * @example
 * ```ts
 * const model = await AutoModelForTokenClassification.fromPretrained("data/all-MiniLM-L6-v2", { classes: ["O", "B-PER", "I-PER"] });
 * ```
 */
export const AutoModelForTokenClassification = {
  /**
   * Loads a pretrained encoder from a folder in the Hub's layout, or by its Hub id, with a head for token classification, its
   * parameters named as in Python's model of that name.
   *
   * @throws InputError when the folder lacks a file, the family is not supported or a shape does not fit
   * @example
   * ```ts
   * const model = await AutoModelForTokenClassification.fromPretrained("data/all-MiniLM-L6-v2", { classes: ["O", "B-PER", "I-PER"] });
   * ```
   */
  async fromPretrained(idOrFolder: string, given: TokenClassificationOptions = {}): Promise<TokenClassifier> {
    const options = readOptions("AutoModelForTokenClassification.fromPretrained", given);
    checkArguments("AutoModelForTokenClassification.fromPretrained", { idOrFolder });
    return loadClassifier(idOrFolder, options, (checkpoint, loaderOf) => {
      const { folder } = checkpoint;
      const file = `${folder}/config.json`;
      // What is said there of classes of whole texts, and of a head that tells them, is not of this task.
      const { problem_type: _, frostkit_head: __, ...config } = checkpoint.config;
      const family = familyOf(config, file);
      const fields = new Config(config, file);
      checkConfig(family, config, file);
      const own = storedLabels(config.id2label, "id2label", file);
      const ownCount = own?.length ?? (config.num_labels as number | undefined);
      const numLabels = labelCount(options, ownCount);
      if (numLabels === ownCount) checkLabelCount(ownCount, checkpoint.tensors, file);
      checkProblemType("single_label_classification", numLabels, "numLabels");
      const stagesOf = (take: Take) =>
        family.stages(fields, take, () => family.tokenHead(fields, numLabels, take));
      const loader = loaderOf({
        prefix: family.prefix,
        encoder: { where: folder, kind: family.modelType, tensors: wantedTensors(stagesOf) },
        seed: options.seed,
        initializerRange: initializerRange(config),
        mayDiffer: () => options.ignoreMismatchedSizes,
      });
      const stages = stagesOf((name, shape, initializer) => loader.parameter(name, shape, initializer));
      reinitializeLayers(stages, loader, options.reinitLayers);
      const drawn = new Set(loader.fresh.map(({ parameter }) => parameter));
      const head = stages.at(-1)!.parameters.slice(-2);
      const classes = labelNames(numLabels, options, own ?? []);
      const redraw = options.ignoreMismatchedSizes ? (each: Parameter) => loader.redraw(each) : null;
      const arranged =
        own?.length === numLabels && !head.some((parameter) => drawn.has(parameter))
          ? arrangeHead(head, own as string[], classes, folder, redraw)
          : [];
      return new TokenClassifier({
        family,
        config: withLabels(config, classes),
        stages,
        parameters: loader.parameters,
        fresh: loader.fresh,
        unused: loader.unused(family.ignored),
        classes,
        initializerRange: initializerRange(config),
        problemType: "single_label_classification",
        notes: [...loader.notes, ...arranged],
        folder,
        checkpointHash: () => checkpoint.hash(),
        origin: readOrigin(folder),
        save: saveCheckpoint,
      });
    });
  },
};
