import { checkInteger } from "../check";
import { ensureEngine } from "../engine/useEngine";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { type LoaderOptions, ParameterLoader, type TensorSource } from "../models/ParameterLoader";
import type { ProblemType } from "../models/Parts";
import { visibly } from "../text/visibly";
import { type Checkpoint, openCheckpoint } from "./openCheckpoint";
import { resolveModel } from "./resolveModel";

/** What every kind of pretrained model is asked for. */
export interface LoadOptions {
  /**
   * How many classes or labels the head tells apart, where these have no names: they are then called LABEL_0, LABEL_1, …; 1 makes
   * a regression of texts. Default: the checkpoint's own number, else 2.
   */
  numLabels?: number;
  /**
   * Names of the classes, labels or targets in the order of the logits. They also say how many there are, so that `numLabels` is
   * left out beside them. Default: the checkpoint's own, where they are as many.
   */
  classes?: string[];
  /** Starts every random draw: weights of a new head and of layers that start anew. Default: 0. */
  seed?: number;
  /** Starts parameters of another shape than the checkpoint's anew, instead of refusing. Default: false. */
  ignoreMismatchedSizes?: boolean;
  /** A revision on the Hub: branch, tag or commit. Default: "main". */
  revision?: string;
  /**
   * Takes the lines on what was newly initialised or left unused, and on the head the encoder was trained for. Default:
   * console.info.
   */
  log?: (line: string) => void;
}

/** Opens a checkpoint and lets `build` make a model of it, with parameters that a loader takes out of it. */
export async function loadClassifier<Model extends Classifier>(
  idOrFolder: string,
  { revision, log: print = console.info }: LoadOptions,
  build: (checkpoint: Checkpoint, loaderOf: (options: LoaderOptions) => ParameterLoader) => Model,
): Promise<Model> {
  // Names come from a file of anyone's.
  const log = visibly(print);
  await ensureEngine(log);
  const checkpoint = openCheckpoint(await resolveModel(idOrFolder, { revision }));
  try {
    const model = buildClassifier(checkpoint, (loaderOf) => build(checkpoint, loaderOf));
    // Windows replaces no folder while a file in it is open, so nothing is left unread there.
    if (process.platform === "win32") model.stateDict();
    if (model.newlyInitialized.length) log(`newly initialised: ${model.newlyInitialized.join(", ")}`);
    if (model.unused.length) log(`not used from the checkpoint: ${model.unused.join(", ")}`);
    for (const note of model.notes) log(note);
    return model;
  } finally {
    checkpoint.close();
  }
}

/** Lets `build` make a model with parameters that a loader takes out of `source`; where it fails, they are freed. */
export function buildClassifier<Model extends Classifier>(
  source: TensorSource,
  build: (loaderOf: (options: LoaderOptions) => ParameterLoader) => Model,
): Model {
  let loader: ParameterLoader | undefined;
  try {
    return build((options) => {
      loader = new ParameterLoader(source, options);
      return loader;
    });
  } catch (error) {
    loader?.dispose();
    throw error;
  }
}

/** How many labels a model gets: as many as are asked for, else the checkpoint's own. */
export function labelCount({ numLabels, classes }: LoadOptions, own: number | undefined): number {
  if (classes && numLabels !== undefined && classes.length !== numLabels)
    throw new InputError(`numLabels: expected ${classes.length}, the number of classes, got ${numLabels}`);
  const twice = classes?.find((name, i) => classes.indexOf(name) !== i);
  if (twice !== undefined)
    throw new InputError(`classes: expected every class once, got ${JSON.stringify(twice)} twice`);
  return checkInteger("numLabels", classes?.length ?? numLabels ?? own ?? 2, 1);
}

/** A name for each label: those asked for, the checkpoint's own where they are as many, else LABEL_0, LABEL_1, …. */
export function labelNames(count: number, { classes }: LoadOptions, own: (string | undefined)[]): string[] {
  const kept = own.length === count ? own : [];
  return classes ?? Array.from({ length: count }, (_, i) => kept[i] ?? `LABEL_${i}`);
}

/** @throws InputError where a head with so many labels cannot be trained as that */
export function checkProblemType(type: ProblemType, numLabels: number, name = "problemType"): ProblemType {
  if (type === "single_label_classification" && numLabels === 1)
    throw new InputError(
      `${name}: expected at least 2 classes for single_label_classification, got 1; two classes tell yes from no, a regression has one value (option problemType)`,
    );
  return type;
}
