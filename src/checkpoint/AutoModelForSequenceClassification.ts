import { checkOneOf } from "../check";
import { InputError } from "../errors";
import { checkConfig } from "../models/checkConfig";
import { Config, type Take } from "../models/Family";
import { familyOf } from "../models/families";
import { asHead, type Head, headJson, isCustom, type Pooling, type PoolingHead } from "../models/Head";
import { withLabels } from "../models/labelFields";
import type { ProblemType } from "../models/Parts";
import { SequenceClassifier } from "../models/SequenceClassifier";
import { initializerRange } from "../models/TextClassifier";
import { wantedTensors } from "../models/wantedTensors";
import { withHead } from "../models/withHead";
import type { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { PROBLEM_TYPES } from "../options/words";
import { arrangeHead } from "./arrangeHead";
import { checkLabelCount } from "./checkLabelCount";
import { checkProblemType, type LoadOptions, labelCount, labelNames, loadClassifier } from "./loadClassifier";
import { reinitializeLayers } from "./reinitializeLayers";
import { readOrigin, saveCheckpoint } from "./saveCheckpoint";
import { sentenceNote } from "./sentenceTransformers";
import { storedLabels } from "./storedLabels";

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
      const file = `${folder}/config.json`;
      const family = familyOf(config, file);
      const fields = new Config(config, file);
      checkConfig(family, config, file);
      const own = storedLabels(config.id2label, "id2label", file);
      const ownCount = own?.length ?? (config.num_labels as number | undefined);
      const numLabels = labelCount(options, ownCount);
      if (numLabels === ownCount) checkLabelCount(ownCount, checkpoint.tensors, file);
      const problemType = problemTypeOf(config, file, numLabels, own, ownCount, options);
      const stagesOf = (take: Take) =>
        family.stages(fields, take, () => family.head(fields, numLabels, take));
      const loader = loaderOf({
        prefix: family.prefix,
        encoder: {
          where: folder,
          kind: family.modelType,
          tensors: wantedTensors((take) => stagesOf(take)),
        },
        seed: options.seed,
        initializerRange: initializerRange(config),
        mayDiffer: () => options.ignoreMismatchedSizes,
      });
      let stages = stagesOf((name, shape, initializer) => loader.parameter(name, shape, initializer));
      reinitializeLayers(stages, loader, options.reinitLayers);
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
      const drawn = new Set(loader.fresh.map(({ parameter }) => parameter));
      const last = stages.at(-1)!.parameters;
      const isFresh = last.some((parameter) => drawn.has(parameter));
      const classes = labelNames(numLabels, options, own ?? []);
      const notes = [...loader.notes];
      const redraw = options.ignoreMismatchedSizes ? (each: Parameter) => loader.redraw(each) : null;
      if (!isFresh && own?.length === numLabels && numLabels > 1)
        notes.push(
          ...arrangeHead(head && isCustom(head) ? null : last.slice(-2), own, classes, folder, redraw),
        );
      const note = !head && isFresh ? sentenceNote(folder) : null;
      if (note !== null) notes.push(note);
      return new SequenceClassifier({
        family,
        config: { ...withLabels(config, classes), ...(head && { frostkit_head: headJson(head) }) },
        stages,
        parameters: loader.parameters,
        fresh: loader.fresh,
        unused: loader.unused(family.ignored),
        classes,
        initializerRange: initializerRange(config),
        problemType,
        notes,
        folder,
        checkpointHash: () => checkpoint.hash(),
        origin: readOrigin(folder),
        save: saveCheckpoint,
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
  file: string,
  numLabels: number,
  own: readonly (string | undefined)[] | undefined,
  ownCount: number | undefined,
  { problemType, classes }: FromPretrainedOptions,
): ProblemType {
  const isStoredHead =
    numLabels === ownCount && (classes === undefined || classes.every((name) => own?.includes(name)));
  const stored = isStoredHead ? config.problem_type : undefined;
  const type = problemType ?? stored ?? (numLabels === 1 ? "regression" : "single_label_classification");
  const name = problemType === undefined && stored ? `${file}: problem_type` : "problemType";
  return checkProblemType(checkOneOf(name, type as ProblemType, PROBLEM_TYPES), numLabels, name);
}
