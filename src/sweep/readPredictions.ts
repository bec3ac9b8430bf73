import { readFileSync } from "node:fs";
import { join } from "node:path";
import { firstNotFinite, shown } from "../check";
import { SafetensorsFile } from "../checkpoint/SafetensorsFile";
import type { Labels } from "../data/labels";
import { InputError } from "../errors";
import { checkFormat } from "../files/checkFormat";
import { codeOf } from "../files/codeOf";
import { parseJson } from "../text/json";
import { checkLabels } from "../training/checkLabels";
import { isPredictionsName, predictionsName } from "./predictionsName";
import type { RowPredictions } from "./RowPredictions";
import type { TrialRecord } from "./record";
import { FORMAT, KIND } from "./writePredictions";

/**
 * Reads what the validation rows of a record's trial got, from the file that it names in its sweep's folder.
 *
 * @throws InputError in one line where the file is missing, damaged or not this trial's
 */
export function readPredictions(
  folder: string,
  { trial, validRows, predictions: name = "" }: Pick<TrialRecord, "trial" | "validRows" | "predictions">,
): RowPredictions {
  const path = join(folder, name);
  if (!isPredictionsName(name))
    throw new InputError(`${path}: expected a file of predictions beside the records, as a sweep writes it`);
  if (predictionsName(trial, bytesOf(path)) !== name)
    throw new InputError(`${path}: is not as this trial wrote it: damaged, or another's`);
  const file = SafetensorsFile.open(path);
  try {
    const { format, rows, problemType, classes } = file.metadata;
    if (!format?.startsWith(KIND))
      throw new InputError(`${path}: expected format ${KIND}${FORMAT}, got ${format}`);
    checkFormat(path, Number(format.slice(KIND.length)), FORMAT);
    const outputs = file.readFloat32("outputs");
    const labels = labelsOf(path, problemType, classes, file.readFloat32("labels"));
    if (file.tensors.has("sequences") && labels.problemType === "single_label_classification")
      labels.sequences = Int32Array.from(file.readFloat32("sequences"));
    checkLabels(path, labels, validRows);
    const width = labels.classes?.length ?? 1;
    if (outputs.length !== validRows * width)
      throw new InputError(
        `${path}: expected ${validRows * width} predictions for ${validRows} rows, got ${outputs.length}`,
      );
    if (firstNotFinite(outputs) >= 0) throw new InputError(`${path}: expected finite predictions`);
    return { outputs, labels, rows };
  } finally {
    file.close();
  }
}

function bytesOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InputError(`${path}: expected a trial's predictions, got ${codeOf(error)}`);
  }
}

function labelsOf(
  path: string,
  problemType: string,
  classes: string | undefined,
  values: Float32Array,
): Labels {
  if (problemType === "regression" && classes === undefined) return { problemType, values };
  const names = parseJson(`${path}: classes`, classes ?? "", "names as JSON");
  if (!Array.isArray(names) || names.some((name) => typeof name !== "string"))
    throw new InputError(`${path}: classes: expected a list of names, got ${shown(names)}`);
  if (problemType === "regression") return { problemType, classes: names, values };
  return problemType === "multi_label_classification"
    ? { problemType, classes: names, values }
    : {
        problemType: "single_label_classification",
        classes: names,
        ids: Int32Array.from(values),
      };
}
