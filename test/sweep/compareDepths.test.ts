import assert from "node:assert/strict";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { explainN, recommendN } from "../../src/sweep/recommendN";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { fakePredictions } from "./fakePredictions";
import { fakeRecord } from "./fakeRecord";
import { pairedRecord, pairedSweep, rightWrong } from "./pairedRecords";

/** Of 100 rows this many are right, those at the start, and further ones as the text says. */
const rows = (right: number, rest = "") => "+".repeat(right) + rest + "-".repeat(100 - right - rest.length);

describe("Depths compared row by row", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-paired-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const differences = (records = readRecords(join(folder, "records.jsonl"))) =>
    summarize(records).map(({ difference }) => difference);

  it("know the difference to the best far better than either score: what is hard about a row cancels", () => {
    pairedSweep(folder, { 0: [rows(80)], 1: [rows(78)] });
    const [best, deeper] = differences();
    assert.equal(best, null);
    assert.ok(Math.abs(deeper!.mean + 0.02) < 1e-12);
    // Two rows of 100 changed sides: sqrt(.02 · .98 / 100), where the best score by itself is known to .04.
    assert.ok(Math.abs(deeper!.standardError - 0.014) < 0.0005, String(deeper!.standardError));
    assert.ok(deeper!.low >= -0.06 && deeper!.low <= -0.04 && deeper!.high === 0);
    assert.deepEqual([deeper!.won, deeper!.lost, deeper!.p], [0, 2, 0.5]);
    assert.deepEqual([deeper!.seeds, deeper!.draws], [1, 10_000]);
  });

  it("let recommendN go by the standard error of the difference: not so deep where the same rows are lost, and the sentence says so", () => {
    // Within the best score's own standard error, sqrt(.8 · .2 / 100) = .04, are all three.
    const records = pairedSweep(folder, { 0: [rows(80)], 1: [rows(79)], 2: [rows(77)] });
    assert.equal(recommendN(records.map((record) => ({ ...record }))), 2);
    const found = explainN(records);
    assert.deepEqual([found.n, found.paired, found.note], [1, true, null]);
    assert.match(
      found.sentence,
      /^N = 1: the deepest freeze whose mean accuracy \(0\.7900\) is within one standard error of the best, 0\.8000 at N = 0: on the same 100 rows they differ by 0\.0100 ± 0\.0\d{3}\.$/,
    );
    assert.equal(found.difference!.lost, 1);
    assert.equal(recommendN(readRecords(join(folder, "records.jsonl"))), 1);
    // Two rows lost and none won are more than one standard error, √2 rows.
    assert.equal(
      explainN(pairedSweep(mkdtempSync(join(folder, "two-")), { 0: [rows(80)], 1: [rows(78)] })).n,
      0,
    );
  });

  it("let it go deeper where many rows change sides and nothing is known for sure", () => {
    const records = pairedSweep(folder, {
      0: [rows(80)],
      1: [`${"-".repeat(18)}${"+".repeat(62)}${"+".repeat(13)}${"-".repeat(7)}`],
    });
    const [, deeper] = summarize(records);
    assert.deepEqual([deeper.difference!.won, deeper.difference!.lost], [13, 18]);
    assert.ok(deeper.difference!.standardError > 0.05);
    assert.equal(recommendN(records), 1);
  });

  it("say of the best depth how far the nearest deeper one is", () => {
    pairedSweep(folder, { 0: [rows(80)], 1: [rows(60)], 2: [rows(50)] });
    const { sentence, n } = explainN(readRecords(join(folder, "records.jsonl")));
    assert.equal(n, 0);
    assert.match(
      sentence,
      /^N = 0: the best mean accuracy \(0\.8000\), and no deeper freeze is within one standard error of it: on the same 100 rows the nearest, N = 1, differs by 0\.2000 ± 0\.0\d{3}\.$/,
    );
    const deepest = pairedSweep(mkdtempSync(join(folder, "deep-")), { 0: [rows(60)], 1: [rows(80)] });
    assert.equal(
      explainN(deepest).sentence,
      "N = 1: the best mean accuracy (0.8000), and the deepest freeze tried.",
    );
  });

  it("take seeds as blocks: pairs are those of the same seed, and seeds that disagree leave more doubt", () => {
    const agree = pairedSweep(mkdtempSync(join(folder, "a-")), {
      0: [rows(80), rows(78)],
      1: [rows(77), rows(75)],
    });
    const torn = pairedSweep(mkdtempSync(join(folder, "b-")), {
      0: [rows(80), rows(78)],
      1: [rows(68), rows(84)],
    });
    const [sure, unsure] = [agree, torn].map((records) => summarize(records)[1].difference!);
    assert.equal(sure.seeds, 2);
    assert.ok(Math.abs(sure.mean - unsure.mean) < 1e-12);
    assert.ok(unsure.standardError > 3 * sure.standardError);
    // Rows lost with more seeds than won; of several seeds no test of single rows.
    assert.deepEqual([sure.won, sure.lost, sure.p], [0, 5, null]);
    assert.match(explainN(agree).sentence, /on the same 100 rows and 2 seeds/);
  });

  it("are compared by the seeds that both have", () => {
    const records = pairedSweep(folder, { 0: [rows(80), rows(70), rows(90)], 1: [rows(79)] });
    const [, difference] = summarize(records).map((row) => row.difference);
    assert.equal(difference!.seeds, 1);
    assert.ok(Math.abs(difference!.mean + 0.01) < 1e-12);
    const strangers = records.map((record) => record).filter(({ n, seed }) => n === 1 || seed > 0);
    const { note, paired } = explainN(strangers);
    assert.equal(paired, false);
    assert.match(note!, /: freeze n=1 seed=0: no seed is that of a trial of the best depth\.$/);
  });

  it("are compared in any metric, the best by errors too", () => {
    for (const [metric, problemType] of [
      ["f1", "single_label_classification"],
      ["rocAuc", "single_label_classification"],
      ["rocAuc", "multi_label_classification"],
      ["rmse", "regression"],
    ] as const) {
      const place = mkdtempSync(join(folder, "metric-"));
      const records = [2, 1.9, 0].map((skill, n) =>
        pairedRecord(place, fakePredictions({ problemType, skill, rows: 80 }), { n }),
      );
      const [best, near, far] = summarize(records, { metric });
      const sign = metric === "rmse" ? -1 : 1;
      if (metric !== "rmse") {
        assert.equal(best.difference, null);
        assert.ok(sign * far.difference!.mean < 0 && sign * far.difference!.high < 0, metric);
        assert.equal(far.difference!.won, null);
      }
      const rule = explainN(records, { metric });
      assert.equal(rule.paired, true);
      assert.notEqual(near.unpaired, "");
    }
  });

  it("judge recipes too, beside the depths they do not compete with", () => {
    const records = [
      ...pairedSweep(folder, { 0: [rows(80)], 1: [rows(60)] }),
      pairedRecord(folder, rightWrong(rows(90)), {
        ...{ trial: "lora seed=0", strategy: "lora", n: -1, recipe: { recipe: "lora" } },
      }),
    ];
    const lora = summarize(records).find(({ strategy }) => strategy === "lora")!;
    assert.ok(Math.abs(lora.difference!.mean - 0.1) < 1e-12);
    assert.equal(explainN(records).n, 0);
  });

  it("compare at each depth's best rate", () => {
    const at = (n: number, learningRate: number, right: number) =>
      pairedRecord(folder, rightWrong(rows(right)), {
        n,
        trial: `freeze n=${n} lr=${learningRate} seed=0`,
        settings: { learningRate },
      });
    const records = [at(0, 1e-4, 80), at(0, 1e-3, 70), at(1, 1e-4, 50), at(1, 1e-3, 79)];
    const [, deeper] = summarize(records);
    assert.equal(deeper.learningRate, 1e-3);
    assert.ok(Math.abs(deeper.difference!.mean + 0.01) < 1e-12);
  });
});

describe("Depths whose predictions are not there", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-unpaired-"));
    pairedSweep(folder, { 0: [rows(80)], 1: [rows(79)], 2: [rows(77)] });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = () => readRecords(join(folder, "records.jsonl"));
  const file = (n: number) =>
    join(
      folder,
      "predictions",
      readdirSync(join(folder, "predictions")).find((name) => name.startsWith(`freeze_n=${n}_`))!,
    );
  const old =
    "N = 2: the deepest freeze whose mean accuracy (0.7700) is within one standard error (0.0400) of the best: 0.8000 at N = 0.";

  it("are judged as ever where records are older than predictions: word for word, and without a note", () => {
    const older = [0.8, 0.79, 0.77].map((accuracy, n) => fakeRecord({ n, accuracy, validRows: 100 }));
    const { sentence, note, paired, difference } = explainN(older);
    assert.deepEqual(
      { sentence, note, paired, difference },
      { sentence: old, note: null, paired: false, difference: null },
    );
    assert.ok(summarize(older).every((row) => row.difference === null && row.unpaired === null));
  });

  for (const [what, damage] of [
    ["missing", (path: string) => rmSync(path)],
    ["torn", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 100))],
    ["another trial's", (path: string) => copyFileSync(file(2), path)],
  ] as const)
    it(`are judged by the old rule where one is ${what}, which one line names`, () => {
      const path = file(1);
      damage(path);
      const { sentence, note, n, paired } = explainN(read());
      assert.deepEqual([sentence, n, paired], [old, 2, false]);
      assert.match(
        note!,
        /^Depths are judged by the standard error of the best score and not row by row: .*predictions\/freeze_n=1_seed=0-\w{16}\.safetensors: [^\n]*\.$/,
      );
      assert.ok(note!.includes(path));
    });

  it("keep the differences of those whose predictions are there", () => {
    rmSync(file(2));
    const [, one, two] = summarize(read());
    assert.equal(one.difference!.lost, 1);
    assert.equal(two.difference, null);
    assert.match(two.unpaired!, /ENOENT$/);
  });

  it("have no difference at all where it is the best one's that are missing", () => {
    rmSync(file(0));
    for (const { difference, unpaired } of summarize(read())) {
      assert.equal(difference, null);
      assert.match(unpaired!, /freeze_n=0_.*ENOENT$/);
    }
  });

  it("say so where older records stand among newer ones", () => {
    const records = [...read(), fakeRecord({ n: 3, accuracy: 0.5, validRows: 100 })];
    const { note, sentence } = explainN(records);
    assert.equal(sentence, old);
    assert.match(note!, /: freeze n=3 seed=0: its record has no predictions beside it\.$/);
  });

  it("are found again once they are back, since they are read when they are asked for", () => {
    const records = read();
    const path = file(1);
    renameSync(path, `${path}.away`);
    assert.equal(explainN(records).paired, false);
    renameSync(`${path}.away`, path);
    assert.equal(explainN(records).paired, true);
  });
});
