import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fakeRecord } from "../../sweep/fakeRecord";
import { writeTinyModel, writeTinyTable } from "../../tinyInputs";
import { compileLayer } from "../compileLayer";
import type { Scenario } from "../Scenario";

const DROPOUT = { hidden_dropout_prob: 0.1, attention_probs_dropout_prob: 0.1 };
const dist = join(__dirname, "../../../dist");

/** Runs of the package that no command makes; their script is compiled into `scratch`. */
export function kitRuns(scratch: string): Scenario[] {
  const script = compileLayer(scratch, join(__dirname, "kit.ts"));
  return ["adapt", "spill"].map((name) => ({
    name,
    prepare(folder: string) {
      writeTinyModel(join(folder, "model"), DROPOUT);
      writeTinyTable(join(folder, "train.csv"), 120);
    },
    args: () => [script, join(dist, "index.js"), name],
    whole: /^work\/saved\//,
    // The state of the run that has ended, whose times differ.
    timed: /^work\/kept\/state-#\//,
  }));
}

/** What a sweep writes, lock, states, predictions, records and a page, in a tenth of its time, since nothing is trained. */
export function stores(scratch: string): Scenario {
  const script = compileLayer(scratch, join(__dirname, "stores.ts"));
  return {
    name: "stores",
    prepare(folder) {
      const planned = [0, 1, 2].map((seed) => fakeRecord({ seed, validRows: 40 }));
      writeFileSync(join(folder, "planned.json"), JSON.stringify(planned));
    },
    args: () => [script, dist],
    whole: /^work\/run\/(predictions\/|page\.html)/,
  };
}
