import { shown } from "../check";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { countOf, type Dataset } from "./dataset";

/** Throws where something else stands in the model's place, as a promise of one. */
export function checkModel(name: string, model: Classifier): void {
  if (typeof (Object(model) as Partial<Classifier>).checkRows !== "function")
    throw new InputError(`${name}: expected a loaded model, got ${shown(model)}`);
}

/** Throws unless the rows fit the model and their labels are those that its head was made for. */
export function checkDataset(
  name: string,
  model: Classifier,
  dataset: Dataset,
): asserts dataset is Dataset & { labels: Labels } {
  checkModel(name, model);
  const { labels } = dataset;
  if (countOf(dataset) === 0) throw new InputError(`${name}: expected at least one row, got none`);
  if (!labels) throw new InputError(`${name}: expected rows with labels, got none; name the label column`);
  if (labels.problemType !== model.problemType)
    throw new InputError(
      `${name}: the model is made for ${model.problemType}, the labels for ${labels.problemType}`,
    );
  if (labels.problemType !== "regression" && labels.classes.length !== model.numLabels)
    throw new InputError(
      `${name}: the model has ${model.numLabels} labels, the data ${labels.classes.length} (${labels.classes.join(", ")}); load the model with classes: […] of the data`,
    );
  model.checkRows(name, dataset);
}
