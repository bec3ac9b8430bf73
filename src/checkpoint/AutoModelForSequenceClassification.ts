import { checkOneOf } from "../check";
import { InputError } from "../errors";
import { asHead, type Head, headJson, isCustom, type Pooling, type PoolingHead } from "../models/Head";
import { withLabels } from "../models/labelFields";
import type { ProblemType } from "../models/Parts";
import { SequenceClassifier } from "../models/SequenceClassifier";
import { withHead } from "../models/withHead";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { PROBLEM_TYPES } from "../options/words";
import { arrangeHead } from "./arrangeHead";
import { checkProblemType, type LoadOptions, labelNames, loadClassifier } from "./loadClassifier";
import { sentenceNote } from "./sentenceTransformers";
import { type StoredLabels, textParts } from "./textParts";

export interface FromPretrainedOptions extends LoadOptions {
  /**
   * What the labels mean. Default: as the checkpoint says where `classes` are left out, else one class a row, or a regression for
   * one label.
   */
  problemType?: ProblemType;
  /** A head in place of the family's own; or its pooling alone, as "mean". Default: the one the checkpoint was saved with. */
  head?: Head | Pooling;
  /**
   * Blocks, counted from the last, that start from fresh weights instead of the checkpoint's (Zhang et al. 2021). Default: 0.
   */
  reinitLayers?: number;
}

/**
 * Text models of Transformers with a head that tells classes, labels or a number from a text.
 *
 * @example
 * ```ts
 * const model = await AutoModelForSequenceClassification.fromPretrained("data/all-MiniLM-L6-v2", { numLabels: 12, seed: 0 });
 * ```
 */
export const AutoModelForSequenceClassification = {
  /**
   * Loads a pretrained encoder from a folder in the Hub's layout, or by its Hub id, with a head for sequence classification.
   *
   * @throws InputError when the folder lacks a file, the family is not supported or a shape does not fit
   * @example
   * ```ts
   * const model = await AutoModelForSequenceClassification.fromPretrained("data/all-MiniLM-L6-v2", { numLabels: 2, seed: 0 });
   * ```
   */
  async fromPretrained(idOrFolder: string, given: FromPretrainedOptions = {}): Promise<SequenceClassifier> {
    const options = readOptions("AutoModelForSequenceClassification.fromPretrained", given);
    checkArguments("AutoModelForSequenceClassification.fromPretrained", { idOrFolder });
    return loadClassifier(idOrFolder, options, (checkpoint, loaderOf) => {
      const { config, folder } = checkpoint;
      const text = textParts(checkpoint, loaderOf, {
        ...{ config, options, head: "head" },
        problemTypeOf: (labels) => problemTypeOf(config, labels, options),
      });
      const { fields, numLabels, own, loader } = text;
      let { stages } = text;
      const head = headOf(config, options, folder);
      if (head) {
        const hidden = fields.number("hidden_size", config.dim as number | undefined);
        const replaced = stages.at(-1)!;
        stages = withHead(stages, head, hidden, numLabels, (name, shape, initializer) =>
          config.frostkit_head
            ? loader.parameter(name, shape, initializer)
            : loader.draw(name, shape, initializer),
        );
        const kept = new Set(stages.flatMap((stage) => stage.parameters));
        for (const parameter of replaced.parameters) if (!kept.has(parameter)) loader.drop(parameter);
      }
      const last = stages.at(-1)!.parameters;
      const isFresh = text.isFresh(last);
      const classes = labelNames(numLabels, options, own ?? []);
      const notes = [...loader.notes];
      if (!isFresh && own?.length === numLabels && numLabels > 1)
        notes.push(
          ...arrangeHead(head && isCustom(head) ? null : last.slice(-2), own, classes, folder, text.redraw),
        );
      const note = !head && isFresh ? sentenceNote(folder) : null;
      if (note !== null) notes.push(note);
      return new SequenceClassifier({
        ...text.rest(),
        config: { ...withLabels(config, classes), ...(head && { frostkit_head: headJson(head) }) },
        stages,
        classes,
        notes,
      });
    });
  },
};

/** The head asked for, or the one the checkpoint was saved with; null for the family's own. */
function headOf(
  config: Record<string, unknown>,
  options: FromPretrainedOptions,
  folder: string,
): Head | null {
  if (options.head) return asHead(options.head);
  const saved = config.frostkit_head as (PoolingHead & { custom?: string }) | undefined;
  if (saved?.custom !== undefined)
    throw new InputError(
      `${folder}: saved with a head of its own, expected that as the option head; config.json shows its text as frostkit_head`,
    );
  return saved ?? null;
}

/** A stored type is that of the stored head, in whatever order its labels are asked for; it says nothing of a head with other labels. */
function problemTypeOf(
  config: Record<string, unknown>,
  { file, numLabels, own, ownCount }: StoredLabels,
  { problemType, classes }: FromPretrainedOptions,
): ProblemType {
  const isStoredHead =
    numLabels === ownCount && (classes === undefined || classes.every((name) => own?.includes(name)));
  const stored = isStoredHead ? config.problem_type : undefined;
  const type = problemType ?? stored ?? (numLabels === 1 ? "regression" : "single_label_classification");
  const name = problemType === undefined && stored ? `${file}: problem_type` : "problemType";
  return checkProblemType(checkOneOf(name, type as ProblemType, PROBLEM_TYPES), numLabels, name);
}
