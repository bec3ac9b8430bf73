import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { Labels } from "../../src/data/labels";
import { lostRows } from "../../src/sweep/lostRows";
import type { TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { fakePredictions } from "./fakePredictions";
import { fakeRecord } from "./fakeRecord";
import { pairedRecord, pairedSweep, rightWrong } from "./pairedRecords";

describe("lostRows", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-lost-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const lost = (records: TrialRecord[], metric = "accuracy", most?: number) =>
    lostRows(records, summarize(records, { metric }), most);

  it("are those that the best depth gets right and this one wrong, with what each says", () => {
    const [one, two] = lost(pairedSweep(folder, { 0: ["++++-+"], 1: ["+-++-+"], 2: ["-+---+"] }));
    assert.deepEqual([one.row.n, one.best.n, one.count], [1, 0, 1]);
    assert.deepEqual(one.worst, [{ row: 2, text: null, label: "b", best: "b (0.75)", said: "a (0.75)" }]);
    assert.deepEqual([two.row.n, two.count], [2, 3]);
    assert.deepEqual(
      two.worst.map(({ row }) => row),
      [1, 3, 4],
    );
  });

  it("come with their texts, where the sweep knew them", () => {
    const texts = ["what a day", "", "<b>bold</b>"];
    const records = ["+++", "+--"].map((text, n) =>
      pairedRecord(folder, { ...rightWrong(text), texts }, { n }),
    );
    assert.deepEqual(
      lost(records)[0].worst.map(({ row, text }) => [row, text]),
      [
        [2, null],
        [3, "<b>bold</b>"],
      ],
    );
  });

  it("stand the worst first, by how much less is given to what is true, and are cut", () => {
    const predictions = (p: number[]) => {
      const ids = new Int32Array(p.length);
      const labels: Labels = { problemType: "single_label_classification", classes: ["a", "b"], ids };
      return { outputs: Float32Array.from(p.flatMap((x) => [x, 1 - x])), labels, rows: "same" };
    };
    const records = [
      pairedRecord(folder, predictions([0.9, 0.9, 0.9, 0.6]), { n: 0 }),
      pairedRecord(folder, predictions([0.4, 0.1, 0.3, 0.4]), { n: 1 }),
    ];
    const [{ count, worst }] = lost(records, "accuracy", 3);
    assert.equal(count, 4);
    assert.deepEqual(
      worst.map(({ row }) => row),
      [2, 3, 1],
    );
  });

  it("go by the mean of what the seeds say", () => {
    const records = pairedSweep(folder, { 0: ["++", "++", "++"], 1: ["-+", "--", "+-"] });
    assert.deepEqual(
      lost(records)[0].worst.map(({ row, said }) => [row, said]),
      [
        [1, "b (0.58)"],
        [2, "a (0.58)"],
      ],
    );
  });

  it("of numbers are those with a larger error, of several labels those that are no longer all right", () => {
    const values = Float32Array.of(1, 2, 3);
    const labels: Labels = { problemType: "regression", values };
    const of = (outputs: number[]) => ({ outputs: Float32Array.from(outputs), labels, rows: "same" });
    const numbers = [
      pairedRecord(folder, of([1, 2.5, 3]), { n: 0 }),
      pairedRecord(folder, of([1.25, 2.25, 5]), { n: 1 }),
    ];
    assert.deepEqual(lost(numbers, "rmse")[0].worst, [
      { row: 3, text: null, label: "3", best: "3.0000", said: "5.0000" },
      { row: 1, text: null, label: "1", best: "1.0000", said: "1.2500" },
    ]);
    const flags: Labels = {
      problemType: "multi_label_classification",
      classes: ["a", "b"],
      values: Float32Array.of(1, 1, 0, 0),
    };
    const several = [
      [0.9, 0.9, 0.1, 0.1],
      [0.9, 0.4, 0.1, 0.2],
    ].map((outputs, n) =>
      pairedRecord(
        mkdtempSync(join(folder, "f-")),
        { outputs: Float32Array.from(outputs), labels: flags, rows: "same" },
        { n },
      ),
    );
    assert.deepEqual(lost(several)[0].worst, [
      { row: 1, text: null, label: "a, b", best: "a, b", said: "a" },
    ]);
  });

  it("are none where depths are not compared row by row, or files are gone since", () => {
    assert.deepEqual(lost([fakeRecord({ n: 0 }), fakeRecord({ n: 1 })]), []);
    const records = [2, 0].map((skill, n) => pairedRecord(folder, fakePredictions({ skill }), { n }));
    const rows = summarize(records);
    assert.ok(lostRows(records, rows)[0].count > 0);
    rmSync(join(folder, records[1].predictions!));
    assert.deepEqual(lostRows(records, rows), []);
  });
});
