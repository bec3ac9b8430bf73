import { csvText } from "../data/csvText";
import { rateOf } from "../sweep/rateOf";
import { epochOfWeights, type TrialRecord } from "../sweep/record";

/** Trials as a CSV, a line each, with every metric of the epoch whose weights it ended with. */
export function trialsTable(records: TrialRecord[]): string {
  const metrics = [...new Set(records.flatMap((record) => Object.keys(epochOfWeights(record).metrics)))];
  const sum = (record: TrialRecord, of: "trainSeconds" | "evalSeconds") =>
    record.epochs.reduce((total, epoch) => total + epoch[of], 0);
  const columns: [string, (record: TrialRecord) => unknown][] = [
    ["trial", ({ trial }) => trial],
    ["strategy", ({ strategy }) => strategy],
    ["n", ({ n, recipe }) => (recipe ? null : n)],
    ["seed", ({ seed }) => seed],
    ["learning_rate", rateOf],
    ...metrics.map((name): [string, (record: TrialRecord) => unknown] => [
      name,
      (record) => epochOfWeights(record).metrics[name],
    ]),
    ["train_loss", (record) => epochOfWeights(record).trainLoss],
    ["valid_loss", (record) => epochOfWeights(record).validLoss],
    ["epochs", ({ epochs }) => epochs.length],
    ["epoch_of_weights", (record) => epochOfWeights(record).epoch],
    ["frozen_seconds", ({ frozenSeconds }) => frozenSeconds],
    ["frozen_from_cache", ({ frozenFrom }) => frozenFrom === "cache"],
    ["train_seconds", (record) => sum(record, "trainSeconds")],
    ["eval_seconds", (record) => sum(record, "evalSeconds")],
    ["peak_tensor_bytes", ({ peakTensorBytes }) => peakTensorBytes],
    ["trainable_parameters", ({ trainableParameters }) => trainableParameters],
    ["total_parameters", ({ totalParameters }) => totalParameters],
    ["engine", ({ engine }) => engine],
    ["precision", ({ precision }) => precision],
  ];
  return csvText([
    columns.map(([name]) => name),
    ...records.map((record) => columns.map(([, cell]) => String(cell(record) ?? ""))),
  ]);
}
