import { firstNotFinite, shown } from "../check";
import type { Labels } from "../data/textDataset";
import { InputError } from "../errors";
import { type Classifier, isPlaceholder } from "../models/Classifier";
import { dataset as datasetKind } from "../options/table";
import { checkLabels } from "./checkLabels";
import { countOf, type Dataset } from "./dataset";

/** Throws where something else stands in the model's place, as a promise of one. */
export function checkModel(name: string, model: Classifier): void {
  if (typeof (Object(model) as Partial<Classifier>).checkRows !== "function")
    throw new InputError(`${name}: expected a loaded model, got ${shown(model)}`);
}

/** Throws where something else stands in the rows' place, as a table that is not tokenized yet. */
export function checkIsDataset(name: string, rows: Dataset): void {
  datasetKind.check(name, rows, name);
}

/** Throws unless the rows fit the model and their labels are those that its head was made for. */
export function checkDataset(
  name: string,
  model: Classifier,
  dataset: Dataset,
): asserts dataset is Dataset & { labels: Labels } {
  checkModel(name, model);
  checkIsDataset(name, dataset);
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
  if (labels.problemType !== "regression") checkClasses(name, model.classes, labels.classes);
  checkLabels(name, labels, countOf(dataset));
  checkInputs(name, dataset);
  model.checkRows(name, dataset);
}

/** Throws where rows cut by hand have other segments than tokens, or images cannot be normalised. */
function checkInputs(name: string, dataset: Dataset): void {
  if ("pixels" in dataset) {
    const { pixels, mean, std, augmented } = dataset;
    if (
      mean.length !== 3 ||
      std.length !== 3 ||
      firstNotFinite([...mean, ...std]) >= 0 ||
      !std.every((each) => each > 0)
    )
      throw new InputError(
        `${name}: expected three finite numbers as mean and three above 0 as std, got ${shown(mean)} and ${shown(std)}`,
      );
    if (augmented && (augmented.paths.length !== pixels.length || augmented.headers.length !== pixels.length))
      throw new InputError(
        `${name}: expected ${pixels.length} files, one an image, that random views are cut out of, got ${augmented.paths.length}; takeRows takes both`,
      );
    return;
  }
  const { inputIds, tokenTypeIds } = dataset;
  const row = tokenTypeIds ? inputIds.findIndex((ids, i) => tokenTypeIds[i]?.length !== ids.length) : -1;
  if (row >= 0)
    throw new InputError(
      `${name}: row ${row}: expected ${inputIds[row].length} token types, one a token, got ${tokenTypeIds![row]?.length ?? "none"}; takeRows takes both`,
    );
}

/** Throws where rows of one name would be held against logits of another. A model whose labels have no names takes any. */
function checkClasses(name: string, known: readonly string[], given: readonly string[]): void {
  const at = given.findIndex((label, i) => label !== known[i]);
  if (at === -1 || known.every(isPlaceholder)) return;
  throw new InputError(
    `${name}: the model's class ${at} is ${JSON.stringify(known[at])}, the data's ${JSON.stringify(given[at])} (${given.join(", ")}); load the model with classes: […] of the data, in their order`,
  );
}
