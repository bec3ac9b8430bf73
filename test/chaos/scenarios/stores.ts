// What a sweep writes, without its training: node stores.cjs <the kit's dist>, in the run's folder. Lock, states, predictions, records, page.
import { readFileSync } from "node:fs";
import type { FolderLock as Lock } from "../../../src/files/FolderLock";
import type { replaceFile as Replace } from "../../../src/files/replaceFile";
import type { RecordStore as Store } from "../../../src/sweep/RecordStore";
import type { RowPredictions } from "../../../src/sweep/RowPredictions";
import type { TrialRecord } from "../../../src/sweep/record";
import type * as States from "../../../src/sweep/trialState";
import type { StateFolder as Folder } from "../../../src/training/StateFolder";

const [dist] = process.argv.slice(2);
const { RecordStore } = require(`${dist}/sweep/RecordStore.js`) as { RecordStore: typeof Store };
const { FolderLock } = require(`${dist}/files/FolderLock.js`) as { FolderLock: typeof Lock };
const { StateFolder } = require(`${dist}/training/StateFolder.js`) as { StateFolder: typeof Folder };
const { trialState, clearTrialState } = require(`${dist}/sweep/trialState.js`) as typeof States;
const { replaceFile } = require(`${dist}/files/replaceFile.js`) as { replaceFile: typeof Replace };

const STEPS = 3;
const valuesAt = (step: number, seed: number) =>
  Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i * step + seed));

/** Goes on from the newest state, which has to hold what was written into it. */
async function train(record: TrialRecord): Promise<RowPredictions> {
  const states = new StateFolder<{ step: number }>(trialState("run", record));
  states.clearAbandoned();
  const found = states.open(console.error);
  let step = found?.facts.step ?? 0;
  if (
    found &&
    !Buffer.from(found.read("weight").buffer).equals(Buffer.from(valuesAt(step, record.seed).buffer))
  )
    throw new Error(`the state of step ${step} holds other values`);
  found?.close();
  while (step++ < STEPS) {
    const values = valuesAt(step, record.seed);
    await states.write({ step }, [{ name: "weight", shape: [values.length], data: () => values }]);
  }
  const ids = Int32Array.from({ length: record.validRows }, (_, row) => row % 2);
  const outputs = valuesAt(STEPS, record.seed).slice(0, 2 * ids.length);
  const labels = { problemType: "single_label_classification" as const, classes: ["a", "b"], ids };
  return { outputs, labels, rows: "f".repeat(64), texts: [...ids].map((id) => `text ${id}`) };
}

async function main(): Promise<void> {
  const planned = JSON.parse(readFileSync("planned.json", "utf8")) as TrialRecord[];
  const store = new RecordStore("run");
  const lock = FolderLock.take("run", console.error);
  try {
    const done = new Set(store.read().map(({ trial }) => trial));
    for (const record of planned) {
      if (!done.has(record.trial)) store.append(record, await train(record), console.error);
      clearTrialState("run", record, console.error);
    }
    replaceFile("run/page.html", "the page".repeat(2000));
  } finally {
    lock.release();
  }
}

main().catch((error: Error) => {
  console.error(`chaos: ${error.message}`);
  process.exitCode = 1;
});
