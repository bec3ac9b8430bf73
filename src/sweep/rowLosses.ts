import type { Labels } from "../data/labels";
import { labelRows, labelWidth } from "../data/labelWidth";
import { betaOf, gammaOf } from "../training/loss";

/** A float32 holds no probability below this one but 0. */
const LEAST = 2 ** -149;
const minusLog = (p: number): number => -Math.log(Math.max(p, LEAST));

/** The loss of each row by a focal, ordinal or smooth L1 loss, from probabilities or values; null for another loss. */
export function rowLosses(
  settings: { name: string },
  outputs: Float32Array,
  labels: Labels,
): Float64Array | null {
  const of = lossOfRow(settings, labels);
  const width = labelWidth(labels);
  return (
    of &&
    Float64Array.from({ length: labelRows(labels) }, (_, row) =>
      of(outputs.subarray(row * width, (row + 1) * width), row),
    )
  );
}

function lossOfRow(
  settings: { name: string },
  labels: Labels,
): ((said: Float32Array, row: number) => number) | null {
  const gamma = gammaOf(settings);
  const focal = (p: number) => (1 - p) ** gamma * minusLog(p);
  if (labels.problemType === "single_label_classification") {
    const { ids } = labels;
    if (settings.name === "focal") return (said, row) => focal(said[ids[row]]);
    if (settings.name !== "ordinal") return null;
    return (said, row) => {
      let [sum, above] = [0, 0];
      for (let c = 0; c < said.length; c++) {
        above += said[c] - (c === ids[row] ? 1 : 0);
        sum += above ** 2;
      }
      return sum;
    };
  }
  const { values } = labels;
  const meanOf = (term: (said: number, value: number) => number) => (said: Float32Array, row: number) => {
    let sum = 0;
    for (let c = 0; c < said.length; c++) sum += term(said[c], values[row * said.length + c]);
    return sum / said.length;
  };
  if (labels.problemType === "multi_label_classification")
    return settings.name === "focal"
      ? meanOf((p, value) => value * focal(p) + (1 - value) * focal(1 - p))
      : null;
  const beta = betaOf(settings);
  if (settings.name !== "smoothL1") return null;
  return meanOf((said, value) => {
    const distance = Math.abs(said - value);
    return distance < beta ? distance ** 2 / (2 * beta) : distance - beta / 2;
  });
}
