import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { PREDICTIONS, predictionsName } from "../../../src/sweep/predictionsName";
import { RowTextsFile } from "../../../src/sweep/RowTextsFile";
import { readPredictions } from "../../../src/sweep/readPredictions";
import { writePredictions } from "../../../src/sweep/writePredictions";
import { fakePredictions } from "../../sweep/fakePredictions";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Target } from "../Target";

const TRIAL = "freeze n=0 seed=0";
const ROWS = 60;
const given = fakePredictions({ rows: ROWS });

/** What lies beside a sweep's records, as the kit writes it. */
function written(): { predictions: Buffer; texts: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-fuzz-predictions-"));
  try {
    const name = writePredictions(folder, TRIAL, { ...given, texts: Array(ROWS).fill("a text") });
    return {
      predictions: readFileSync(join(folder, name)),
      texts: readFileSync(new RowTextsFile(folder, given.rows).path),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Predictions whose name fits whatever is in them, and texts of rows. */
export function predictionsTarget(): Target {
  const { predictions, texts } = written();
  return {
    name: "predictions",
    cases: fc.oneof(
      mutatedBytes([predictions]).map((bytes) => ({ [predictionsName(TRIAL, bytes)]: bytes })),
      mutatedJson([texts]).map((bytes) => ({
        [predictionsName(TRIAL, predictions)]: predictions,
        [new RowTextsFile("", given.rows).path]: bytes,
      })),
    ),
    read(folder) {
      const [name] = readdirSync(join(folder, PREDICTIONS)).filter((name) => name.endsWith(".safetensors"));
      new RowTextsFile(folder, given.rows).read(ROWS);
      readPredictions(folder, { trial: TRIAL, validRows: ROWS, predictions: `${PREDICTIONS}/${name}` });
    },
  };
}
