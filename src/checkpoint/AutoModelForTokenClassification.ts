import { withLabels } from "../models/labelFields";
import { TokenClassifier } from "../models/TokenClassifier";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { arrangeHead } from "./arrangeHead";
import { checkProblemType, type LoadOptions, labelNames, loadClassifier } from "./loadClassifier";
import { textParts } from "./textParts";

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
      // What is said there of classes of whole texts, and of a head that tells them, is not of this task.
      const { problem_type: _, frostkit_head: __, ...config } = checkpoint.config;
      const { numLabels, own, loader, stages, isFresh, redraw, rest } = textParts(checkpoint, loaderOf, {
        ...{ config, options, head: "tokenHead" },
        problemTypeOf({ numLabels }) {
          checkProblemType("single_label_classification", numLabels, "numLabels");
          return "single_label_classification";
        },
      });
      const head = stages.at(-1)!.parameters.slice(-2);
      const classes = labelNames(numLabels, options, own ?? []);
      const arranged =
        own?.length === numLabels && !isFresh(head) ? arrangeHead(head, own, classes, folder, redraw) : [];
      return new TokenClassifier({
        ...rest(),
        config: withLabels(config, classes),
        stages,
        classes,
        notes: [...loader.notes, ...arranged],
      });
    });
  },
};
