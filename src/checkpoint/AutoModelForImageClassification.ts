import { ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import { architectureOf } from "../models/architectures";
import { checkImageConfig } from "../models/checkConfig";
import { Config } from "../models/Family";
import { ImageClassifier } from "../models/ImageClassifier";
import type { ImageInputs } from "../models/imageInputs";
import type { LoaderOptions, ParameterLoader, TensorSource } from "../models/ParameterLoader";
import type { Parts } from "../models/Parts";
import { wantedTensors } from "../models/wantedTensors";
import type { Parameter } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { arrangeHead } from "./arrangeHead";
import { checkLabelCount } from "./checkLabelCount";
import {
  buildClassifier,
  checkProblemType,
  type LoadOptions,
  labelCount,
  labelNames,
  loadClassifier,
} from "./loadClassifier";
import { readOrigin, saveCheckpoint } from "./saveCheckpoint";
import { storedLabels } from "./storedLabels";

/**
 * Image models of timm with a classification head.
 *
 * @example
 * ```ts
 * const model = await AutoModelForImageClassification.fromPretrained("timm/resnet18.a1_in1k", { classes: ["cat", "dog"] });
 * ```
 */
export const AutoModelForImageClassification = {
  /**
   * Loads a pretrained image model from a folder as timm puts it on the Hub, or by its Hub id: `config.json` that names the
   * `architecture` (resnet18, resnet34) beside weights under timm's and torchvision's names.
   *
   * A head of another size than the checkpoint's starts anew from the seed, as in timm; other weights do with
   * `ignoreMismatchedSizes` only.
   *
   * @throws InputError when the folder lacks a file, the architecture is not supported or a shape does not fit
   * @example
   * ```ts
   * const model = await AutoModelForImageClassification.fromPretrained("timm/resnet18.a1_in1k", { classes: ["cat", "dog"] });
   * ```
   */
  async fromPretrained(idOrFolder: string, given: LoadOptions = {}): Promise<ImageClassifier> {
    const options = readOptions("AutoModelForImageClassification.fromPretrained", given);
    checkArguments("AutoModelForImageClassification.fromPretrained", { idOrFolder });
    return loadClassifier(idOrFolder, options, (checkpoint, loaderOf) => {
      const { config, folder } = checkpoint;
      const checkpointHash = () => checkpoint.hash();
      const file = `${folder}/config.json`;
      const count = config.num_classes;
      if (options.numLabels === undefined && options.classes === undefined && typeof count === "number")
        checkLabelCount(count, checkpoint.tensors, file);
      return build(config, file, options, loaderOf, {
        folder,
        checkpointHash,
        origin: readOrigin(folder),
      });
    });
  },

  /**
   * Starts a model from its config alone, with weights drawn from the seed as torchvision draws them: to train from scratch,
   * or to look at its parameters without a checkpoint.
   *
   * @throws InputError when the architecture is not supported
   * @example
   * ```ts
   * const model = await AutoModelForImageClassification.fromConfig({ architecture: "resnet18", num_classes: 1000 });
   * listParams(model).totals.total; // 11689512
   * ```
   */
  async fromConfig(
    config: Record<string, unknown>,
    given: Omit<LoadOptions, "revision"> = {},
  ): Promise<ImageClassifier> {
    const options = readOptions("AutoModelForImageClassification.fromConfig", given);
    checkArguments("AutoModelForImageClassification.fromConfig", { config });
    await ensureEngine(options.log ?? console.info);
    return buildClassifier(nothing, (loaderOf) => build(config, "config", options, loaderOf, {}));
  },
};

const nothing: TensorSource = {
  tensors: new Map(),
  stored(name) {
    throw new InputError(`${name}: expected a tensor of a checkpoint, and there is none`);
  },
};

/** `file` is where the config stands, for errors. */
function build(
  config: Record<string, unknown>,
  file: string,
  options: LoadOptions,
  loaderOf: (options: LoaderOptions) => ParameterLoader,
  origin: Pick<Parts<ImageInputs>, "folder" | "checkpointHash" | "origin">,
): ImageClassifier {
  const architecture = architectureOf(config, file);
  checkImageConfig(config, file);
  const own = storedLabels(config.label_names, "label_names", file);
  const numLabels = labelCount(options, (config.num_classes as number | undefined) ?? own?.length);
  const problemType = checkProblemType("single_label_classification", numLabels);
  const fields = new Config(config, file);
  const loader = loaderOf({
    encoder:
      origin.folder === undefined
        ? undefined
        : {
            where: origin.folder,
            kind: architecture.name,
            tensors: wantedTensors((take) => architecture.stages(fields, numLabels, take, take)),
          },
    seed: options.seed ?? 0,
    initializerRange: 0,
    mayDiffer: (name) => options.ignoreMismatchedSizes || name.startsWith(`${architecture.classifier}.`),
  });
  const stages = architecture.stages(
    fields,
    numLabels,
    (name, shape, initializer) => loader.parameter(name, shape, initializer),
    (name, shape, initializer) => loader.buffer(name, shape, initializer),
  );
  const classes = labelNames(numLabels, options, own ?? []);
  const { parameters: last } = stages.at(-1)!;
  const isFresh = loader.fresh.some(({ parameter }) => last.includes(parameter));
  const notes = [...loader.notes];
  const redraw = options.ignoreMismatchedSizes ? (each: Parameter) => loader.redraw(each) : null;
  if (!isFresh && own?.length === numLabels)
    notes.push(...arrangeHead(last.slice(-2), own, classes, file, redraw));
  return new ImageClassifier({
    ...origin,
    architecture,
    config,
    stages,
    parameters: loader.parameters,
    fresh: loader.fresh,
    unused: loader.unused(),
    notes,
    classes,
    initializerRange: 0,
    problemType,
    save: saveCheckpoint,
  });
}
