import { labelWidth } from "../data/labelWidth";
import type { Dataset, LabelledRows, Rows } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { isPlaceholder } from "../models/labelFields";
import { labels as labelsKind } from "../options/checkArguments";
import { checkLabels } from "./checkLabels";

/** The rows of a dataset, where the model can read them. */
export function readRows(name: string, model: Classifier, dataset: Dataset): Rows {
  const rows = rowsOf(dataset);
  rows.check(name);
  model.checkRows(name, dataset);
  return rows;
}

/** The same of rows with labels. Throws unless these are the ones that the model's head was made for. */
export function readLabelledRows(name: string, model: Classifier, dataset: Dataset): LabelledRows {
  const rows = readRows(name, model, dataset);
  const { labels, count } = rows;
  checkPerToken(name, model, rows);
  if (count === 0) throw new InputError(`${name}: expected at least one row, got none`);
  if (!labels) throw new InputError(`${name}: expected rows with labels, got none; name the label column`);
  labelsKind.check(`${name}: labels`, labels, name);
  if (labels.problemType !== model.problemType)
    throw new InputError(
      `${name}: the model is made for ${model.problemType}, the labels for ${labels.problemType}`,
    );
  const { classes } = labels;
  if (labelWidth(labels) !== model.numLabels)
    throw new InputError(
      `${name}: the model has ${model.numLabels} labels, the data ${classes ? `${classes.length} (${classes.join(", ")}); load the model with classes: […] of the data` : "one number a row; load the model with numLabels: 1"}`,
    );
  if (classes) checkClasses(name, model.classes, classes);
  checkLabels(name, labels, rows.outputs);
  return rows as LabelledRows;
}

/** Throws where words are to be told by a model of whole texts, or the other way round. */
export function checkPerToken(name: string, model: Classifier, rows: Rows): void {
  if (rows.perToken === model.perToken) return;
  throw new InputError(
    model.perToken
      ? `${name}: the model tells the label of each token, these rows have no words; make them by tokenDataset and tokenizeWords`
      : `${name}: these rows are of words in texts, the model tells something of whole texts; load it by AutoModelForTokenClassification`,
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
