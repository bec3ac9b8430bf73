import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { SafetensorsWriter } from "../../src/checkpoint/safetensorsWriter";
import { predictionsName } from "../../src/sweep/predictionsName";
import { readPredictions } from "../../src/sweep/readPredictions";
import { writePredictions } from "../../src/sweep/writePredictions";
import { fakePredictions } from "./fakePredictions";

describe("readPredictions", () => {
  let folder = "";
  let name = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-predictions-"));
    name = writePredictions(folder, "freeze n=0 seed=0", fakePredictions());
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const refuses = (why: RegExp, more: { validRows?: number; predictions?: string } = {}) =>
    assert.throws(
      () =>
        readPredictions(folder, { trial: "freeze n=0 seed=0", validRows: 60, predictions: name, ...more }),
      (error: Error) => error.name === "InputError" && why.test(error.message) && !/\n/.test(error.message),
    );

  it("says which file is missing", () => {
    rmSync(join(folder, name));
    refuses(
      /predictions\/freeze_n=0_seed=0-\w{16}\.safetensors: expected a trial's predictions, got ENOENT$/,
    );
  });

  it("tells a file that broke off, wherever, or of which a bit turned", () => {
    const path = join(folder, name);
    const whole = readFileSync(path);
    for (const length of [0, 1, 8, 100, whole.length - 4, whole.length - 1]) {
      writeFileSync(path, whole);
      truncateSync(path, length);
      refuses(/: is not as this trial wrote it: damaged, or another's$/);
    }
    for (const at of [0, 9, 200, whole.length - 1]) {
      const turned = Buffer.from(whole);
      turned[at] ^= 1;
      writeFileSync(path, turned);
      refuses(/: damaged, or another's$/);
    }
    writeFileSync(path, whole);
    assert.deepEqual(
      readPredictions(folder, { trial: "freeze n=0 seed=0", validRows: 60, predictions: name }),
      fakePredictions(),
    );
  });

  it("tells another trial's file under this one's name", () => {
    const other = writePredictions(folder, "freeze n=1 seed=0", fakePredictions({ seed: 1 }));
    copyFileSync(join(folder, other), join(folder, name));
    refuses(/: damaged, or another's$/);
  });

  it("goes nowhere but into the sweep's own folder of predictions", () => {
    for (const predictions of ["../a-0123456789abcdef.safetensors", "/etc/passwd", "records.jsonl", ""])
      refuses(/: expected a file of predictions beside the records/, { predictions });
    refuses(/: expected a file of predictions/, {
      predictions: "predictions/../../x-0123456789abcdef.safetensors",
    });
  });

  it("wants as many rows as the record was judged by", () => {
    refuses(/: expected 59 labels for 59 rows, got 60; /, { validRows: 59 });
  });

  it("refuses what is written otherwise, though it is called so", () => {
    for (const [metadata, why] of [
      [{ format: "pt" }, /: expected format frostkit predictions 1, got pt$/],
      [{}, /: expected format frostkit predictions 1, got undefined$/],
      [{ format: "frostkit predictions x" }, /: expected format 1, got NaN$/],
      [
        { format: "frostkit predictions 2" },
        /: was written by a later frostkit \(format 2; this one reads up to 1\): /,
      ],
      [
        {
          format: "frostkit predictions 1",
          problemType: "single_label_classification",
          classes: "[7]",
          rows: "",
        },
        /: classes: expected a list of names, got \[7\]$/,
      ],
      [
        { format: "frostkit predictions 1", problemType: "regression", rows: "" },
        /: expected 2 predictions for 2 rows, got 6$/,
      ],
    ] as const) {
      const path = join(folder, "made");
      const tensors = [
        { name: "outputs", shape: [2, 3] },
        { name: "labels", shape: [2] },
      ];
      const writer = new SafetensorsWriter(path, tensors, "F32", metadata);
      writer.write(new Float32Array(6));
      writer.write(new Float32Array(2));
      writer.finish();
      const predictions = predictionsName("freeze n=0 seed=0", readFileSync(path));
      copyFileSync(path, join(folder, predictions));
      refuses(why, { predictions, validRows: 2 });
    }
  });
});
