import { openCheckpoint } from "../checkpoint/openCheckpoint";
import { storedLabels } from "../checkpoint/storedLabels";
import type { Dataset } from "../data/Rows";
import { upload } from "../engine/upload";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Parameter, Snapshot } from "../nn/Parameter";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { readTrainedOn } from "../options/TrainedOn";
import { type MetricChoice, metricName } from "./CustomMetric";
import { checkMetrics } from "./checkMetrics";
import { evaluate } from "./evaluate";
import { isLowerBetter } from "./isLowerBetter";
import type { PredictOptions } from "./predict";
import { readLabelledRows } from "./readRows";

/** How a soup is made. */
export interface SoupOptions extends PredictOptions {
  /**
   * Judges ingredients and soups: a metric's name, "loss", or `{ name, score, greaterIsBetter }`, one of your own. Default:
   * accuracy, or rmse in a regression.
   */
  metric?: MetricChoice;
}

/** A model that a soup was tried with. */
export interface Ingredient {
  /** Where it is saved. */
  folder: string;
  /** What it scores alone. */
  score: number;
  /** What the soup scores with it. */
  soupScore: number;
  /** Whether the soup has it. */
  kept: boolean;
}

/** What a soup is made of. */
export interface Soup {
  /** What ingredients were judged by. */
  metric: string;
  /** Of the weights that the model holds now. */
  score: number;
  /** The folders whose weights it is the mean of. */
  kept: string[];
  /** All, the best alone first. */
  ingredients: Ingredient[];
}

/**
 * Averages the weights of models that were fine-tuned from the same checkpoint, as long as it helps (the greedy soup of Wortsman et al.,
 * Model soups, 2022): from the one that scores best on the rows on, each in the order of its score stays in the mean if the mean is
 * no worse with it. The model ends with that mean; what it held counts for nothing. It costs two evaluations an ingredient.
 *
 * The score flatters, since the rows have chosen the ingredients. Running statistics of a ResNet are averaged like weights.
 *
 * @param folders models as `savePretrained` writes them, of this model's architecture and classes
 * @throws InputError where they are not, which leaves the model as it was
 * @example
 * ```ts
 * await model.savePretrained("runs/first");
 * await fineTune(model, { train, valid }, { seed: 1 });
 * await model.savePretrained("runs/second");
 * const { kept, score } = await greedySoup(model, ["runs/first", "runs/second"], valid);
 * console.log(score, kept);
 * ```
 */
export async function greedySoup(
  model: Classifier,
  folders: readonly string[],
  valid: Dataset,
  options: SoupOptions = {},
): Promise<Soup> {
  const { metric: given, ...settings } = readOptions("greedySoup", options);
  checkArguments("greedySoup", { model, folders, valid });
  const rows = readLabelledRows("valid", model, valid);
  const metric = given ?? (model.problemType === "regression" ? "rmse" : "accuracy");
  checkMetrics("metric", [metric], rows.labels, ["loss"]);
  if (model.adapters().length > 0)
    throw new InputError(
      "greedySoup: expected a model without adapters, as they are saved; removeLora merges them",
    );
  const twice = folders.find((folder, i) => folders.indexOf(folder) < i);
  if (twice !== undefined) throw new InputError(`folders: expected each once, got ${twice} twice`);
  for (const folder of folders) check(model, folder);

  const all = [...model.namedParameters(), ...model.namedBuffers()].map(([, parameter]) => parameter);
  const score = async () => {
    const { loss, metrics } = await evaluate(model, valid, {
      ...settings,
      metrics: metric === "loss" ? [] : [metric],
    });
    return metric === "loss" ? loss : metrics[metricName(metric)];
  };
  const isWorse = (a: number, b: number) => (isLowerBetter(metric) ? a > b : a < b);
  const before = all.map((parameter) => parameter.snapshot());
  const { trainedOn } = model;
  let soup: Snapshot[] = [];
  try {
    const ingredients: Ingredient[] = [];
    for (const folder of folders) {
      await stir(model, all, folder, 1);
      const alone = await score();
      ingredients.push({ folder, score: alone, soupScore: alone, kept: false });
    }
    ingredients.sort((a, b) => (isWorse(a.score, b.score) ? 1 : isWorse(b.score, a.score) ? -1 : 0));
    const [best, ...others] = ingredients;
    await stir(model, all, best.folder, 1);
    best.kept = true;
    let reached = best.score;
    let count = 1;
    for (const each of others) {
      soup = all.map((parameter) => parameter.snapshot());
      await stir(model, all, each.folder, 1 / (count + 1));
      each.soupScore = await score();
      each.kept = !isWorse(each.soupScore, reached);
      if (each.kept) {
        reached = each.soupScore;
        count++;
      } else for (const [i, parameter] of all.entries()) parameter.restore(soup[i]);
      for (const snapshot of soup.splice(0)) snapshot.dispose();
    }
    const kept = ingredients.filter((each) => each.kept).map(({ folder }) => folder);
    return { metric: metricName(metric), score: reached, kept, ingredients };
  } catch (error) {
    for (const [i, parameter] of all.entries()) parameter.restore(before[i]);
    model.trainedOn = trainedOn;
    throw error;
  } finally {
    for (const snapshot of [...before, ...soup]) snapshot.dispose();
  }
}

/** Throws where a folder's model is not one whose weights may be averaged with others of this model. */
function check(model: Classifier, folder: string): void {
  const checkpoint = openCheckpoint(folder);
  try {
    const { config, tensors } = checkpoint;
    const type = config.model_type ?? config.architecture;
    const wrong = (expected: string, got: unknown) =>
      new InputError(`${folder}: expected a model as the one given, ${expected}, got ${got}`);
    if (type !== undefined && type !== model.modelType) throw wrong(`of type ${model.modelType}`, type);
    for (const [name, { shape }] of [...model.namedParameters(), ...model.namedBuffers()]) {
      const there = tensors.get(name);
      if (!there) throw wrong(`with ${name} [${shape}]`, "none");
      if (String(there.shape) !== String(shape))
        throw wrong(`with ${name} [${shape}]`, `one of shape [${there.shape}]`);
    }
    const classes = storedLabels(config.id2label ?? config.label_names, "id2label", `${folder}/config.json`);
    if (classes && String(classes) !== String(model.classes))
      throw wrong(`of the classes ${model.classes.join(", ")}`, classes.join(", "));
  } finally {
    checkpoint.close();
  }
}

/** Moves the model's weights towards the folder's by this share of the way; all the way makes them the folder's to the bit. */
async function stir(
  model: Classifier,
  parameters: readonly Parameter[],
  folder: string,
  share: number,
): Promise<void> {
  const checkpoint = openCheckpoint(folder);
  try {
    for (const parameter of parameters) {
      const { name, shape } = parameter;
      // How many batches a norm has seen stays the best one's.
      if (share < 1 && name.endsWith(".num_batches_tracked")) continue;
      const values = checkpoint.readFloat32(name);
      const own = await parameter.data();
      // What all have alike, as frozen layers, stays as it is.
      if (values.every((value, i) => Object.is(value, own[i]))) continue;
      if (share < 1) for (const [i, value] of own.entries()) values[i] = value + (values[i] - value) * share;
      parameter.assign(upload(values, shape));
    }
    if (share === 1) model.trainedOn = readTrainedOn(checkpoint.config);
  } finally {
    checkpoint.close();
  }
}
