import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { TokenRows } from "../src/models/TextClassifier";

const named = process.env.FROSTKIT_PYTHON;
const python = named ?? "python3";

const packages = spawnSync(python, [
  "-c",
  "import torch, safetensors; from importlib.metadata import version; version('transformers')",
]);

/** Why no Python can be asked, or false; one that FROSTKIT_PYTHON names has to be fit for it. */
export const noPython: string | false =
  packages.status !== 0 &&
  named === undefined &&
  "python3 has no transformers with torch; FROSTKIT_PYTHON names another interpreter";

/** What `inPython.py make` answers of a folder. */
export interface Made {
  logits: number[][];
}

/** What `inPython.py read` answers of a folder. */
export interface Read extends Made {
  /** Keys that were missing, unexpected or of another shape. */
  found: Record<string, string[]>;
  warnings: string[];
  class: string;
  dtype: string;
  problemType: string;
  labels: Record<string, string>;
}

/** Has random models made and saved by Python: the configs by folder. */
export const makeInPython = (configs: Record<string, object>, rows: TokenRows) =>
  ask<Made>("make", configs, rows);

/** Has checkpoint folders read by Python. */
export const readInPython = (folders: string[], rows: TokenRows) =>
  ask<Read>("read", Object.fromEntries(folders.map((folder) => [folder, null])), rows);

/** Has checkpoint folders computed under torch.autocast: logits by folder and by torch's name of the type. */
export const autocastInPython = (folders: string[], types: string[], rows: TokenRows) =>
  ask<Record<string, number[][]>>("amp", Object.fromEntries(folders.map((folder) => [folder, types])), rows);

/** The scales of torch.amp.GradScaler before each of some steps, of which those of `overflows` have infinite gradients. */
export const gradScalerInPython = (steps: number, overflows: number[]) =>
  ask<number[]>("scale", { scales: { steps, overflows } }, { inputIds: [] }).scales;

function ask<Answer>(verb: string, folders: object, { inputIds, attentionMask }: TokenRows) {
  const input = JSON.stringify({ folders, rows: { input_ids: inputIds, attention_mask: attentionMask } });
  const { status, stdout, stderr, error } = spawnSync(python, [join(__dirname, "inPython.py"), verb], {
    input,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${python}: ${error?.message ?? stderr}`);
  return JSON.parse(stdout) as Record<string, Answer>;
}
