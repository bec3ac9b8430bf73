// What earlier versions wrote, test/fixtures/kept-…, is read by this one: records, predictions, states of trainings, caches, models.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { readTokens } from "../../src/data/cachedTokens";
import { TextRows } from "../../src/data/TextRows";
import { useEngine } from "../../src/engine/useEngine";
import { DiskCache } from "../../src/files/DiskCache";
import { writeReport } from "../../src/report/writeReport";
import { formatSummary } from "../../src/sweep/formatSummary";
import { lostRows } from "../../src/sweep/lostRows";
import { RowTextsFile } from "../../src/sweep/RowTextsFile";
import { readPredictions } from "../../src/sweep/readPredictions";
import { explainN } from "../../src/sweep/recommendN";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { readFeatures } from "../../src/training/cachedFeatures";
import { predict } from "../../src/training/predict";
import { RaggedStore } from "../../src/training/RaggedStore";
import { toyRows } from "../training/toyData";
import { bitsOf, keptSweep, RUNS, rowsOf, sweptModel } from "./runs";

const fixtures = join(__dirname, "../fixtures");
const versions = readdirSync(fixtures).filter((name) => name.startsWith("kept-"));

interface Expected {
  engine: { name: "cpu" };
  /** Hashes of all weights' bits: when it was stopped, when it began to go on, when it had ended; and the losses of all epochs. */
  states: Record<string, { step: number; atResume: string; losses: number[]; ended: string }>;
  sweep: {
    strategy: string;
    n: number;
    learningRate: number;
    seeds: number;
    score: number;
    difference: { mean: number; low: number; high: number } | null;
  }[];
  sidecars: Record<
    string,
    { name: string; rows: string; outputs: number[]; truth: number[]; texts: string[] }
  >;
  cache: { key: string; tokens: number[][]; types: number[][] | null; features: number[][] };
}

const scratch = mkdtempSync(join(tmpdir(), "frostkit-kept-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
const copyOf = (folder: string, name: string) => {
  const copy = mkdtempSync(join(scratch, "copy-"));
  cpSync(join(folder, name), copy, { recursive: true });
  return copy;
};
const near = (came: readonly number[], expected: readonly number[]) => {
  assert.equal(came.length, expected.length);
  came.forEach((value, i) => {
    assert.ok(
      Math.abs(value - expected[i]) < 1e-4 * Math.abs(expected[i]) + 1e-6,
      `${came}, not ${expected}`,
    );
  });
};
const withEnv = async (env: Record<string, string>, run: () => Promise<void>) => {
  const given = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  try {
    await run();
  } finally {
    for (const [name, value] of Object.entries(given))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
};

it("There is a folder of what version 0.1 wrote", () => {
  assert.ok(versions.includes("kept-0.1"), versions.join(", "));
});

for (const version of versions)
  describe(`What ${version.replace("-", " of ")} holds`, () => {
    const folder = join(fixtures, version);
    const expected: Expected = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
    before(() => useEngine(expected.engine.name));

    for (const [name, kept] of Object.entries(expected.states))
      it(`goes on from the state of a training, its weights bit for bit as they were kept: ${name}`, async () => {
        const { load, run } = RUNS[name];
        const model = await load(folder);
        const told: string[] = [];
        const more = { resume: copyOf(folder, `states/${name}`), log: (line: string) => told.push(line) };
        const seen: [string, number][] = [];
        const losses = await run(model, folder, more, async (type, step) => {
          if (type === "resumed") assert.equal(await bitsOf(model), kept.atResume);
          seen.push([type, step]);
        });
        assert.deepEqual(seen[0], ["resumed", kept.step]);
        assert.ok(
          told.some((line) => /goes on|has ended already/.test(line)),
          told.join("\n"),
        );
        // Code that computes in another way may round otherwise from here on.
        near(losses, kept.losses);
        if (seen.length === 1) assert.equal(await bitsOf(model), kept.ended);
        model.dispose();
      });

    it("sums up to what the sweep came to, depths compared row by row", () => {
      const records = readRecords(join(folder, "sweep/records.jsonl"), assert.fail);
      const summary = summarize(records);
      assert.deepEqual(
        summary.map(({ strategy, n, learningRate, seeds }) => ({ strategy, n, learningRate, seeds })),
        expected.sweep.map(({ strategy, n, learningRate, seeds }) => ({ strategy, n, learningRate, seeds })),
      );
      for (const [i, { score, difference }] of summary.entries()) {
        near([score.mean], [expected.sweep[i].score]);
        const there = expected.sweep[i].difference;
        assert.equal(difference === null, there === null);
        if (difference && there)
          near([difference.mean, difference.low, difference.high], [there.mean, there.low, there.high]);
      }
      assert.ok(records.every(({ lossCurve }) => lossCurve && lossCurve.length > 2));
      const [lost] = lostRows(records, summary).filter(({ count }) => count > 0);
      assert.match(lost.worst[0].text!, /^the (film|book) was /);
      for (const { strategy } of expected.sweep.slice(2))
        assert.ok(formatSummary(summary).includes(strategy));
    });

    it("holds records of the time before predictions, curves and formats, of which all says the same but the comparison", () => {
      const older = readRecords(join(folder, "older-sweep/records.jsonl"), assert.fail);
      assert.ok(older.every(({ format, predictions, lossCurve }) => !format && !predictions && !lossCurve));
      const scores = summarize(older).map(({ score, difference }) => [score.mean, difference]);
      assert.deepEqual(
        scores,
        expected.sweep.map(({ score }) => [score, null]),
      );
      assert.equal(explainN(older)?.n, explainN(readRecords(join(folder, "sweep/records.jsonl")))?.n);
    });

    it("is a sweep that goes on: none of its trials is run again", async () => {
      const out = copyOf(folder, "sweep");
      const model = await sweptModel(folder);
      const sweep = await keptSweep(model, folder, out);
      const { records, failed } = sweep;
      const kept = readRecords(join(folder, "sweep/records.jsonl"));
      assert.deepEqual([records.length, failed], [kept.length, []]);
      // A trial that was run anew would have other seconds.
      assert.deepEqual(
        records,
        records.map(({ trial }) => kept.find((record) => record.trial === trial)),
      );
      model.dispose();
    });

    it("makes a report of its records", async () => {
      const out = copyOf(folder, "sweep");
      await writeReport(readRecords(join(out, "records.jsonl")), out);
      const html = readFileSync(join(out, "report.html"), "utf8");
      for (const { strategy } of expected.sweep.slice(2)) assert.ok(html.includes(strategy), strategy);
    });

    for (const [problemType, { name, rows, outputs, truth, texts }] of Object.entries(expected.sidecars))
      it(`has predictions and texts of rows, number for number: ${problemType}`, () => {
        const place = join(folder, "sidecars");
        const read = readPredictions(place, { trial: problemType, validRows: 5, predictions: name });
        assert.deepEqual([...read.outputs], outputs);
        assert.equal(read.rows, rows);
        const { labels } = read;
        assert.equal(labels.problemType, problemType);
        assert.deepEqual([...("ids" in labels ? labels.ids : labels.values)], truth);
        assert.deepEqual(new RowTextsFile(place, rows).read(5), texts);
      });

    it("has entries of the cache, tokens and features, number for number", async () => {
      const { key, tokens, types, features } = expected.cache;
      await withEnv({ FROSTKIT_CACHE: copyOf(folder, "cache"), FROSTKIT_CACHE_GB: "1" }, async () => {
        const read = await new DiskCache("tokens").load(key, readTokens);
        assert.deepEqual(
          read?.inputIds.map((ids) => [...ids]),
          tokens,
        );
        assert.deepEqual(read?.tokenTypeIds?.map((ids) => [...ids]) ?? null, types ?? null);
        const given = toyRows(features.length);
        const inputIds = features.map(({ length }) => Int32Array.from({ length: length / 2 }, () => 5));
        const rows = new TextRows({ ...given, inputIds });
        const store = new RaggedStore({ bytes: 1e6 });
        const found = await readFeatures(new DiskCache("features"), key, rows, store);
        assert.deepEqual([found?.shape, found?.everyRow], [[2], true]);
        features.forEach((values, i) => {
          assert.deepEqual([...(found!.store.stored(i) as Float32Array)], [...Float32Array.from(values)]);
        });
        store.dispose();
      });
    });

    it("is a saved model that says what it said, from its folder and from the Hub's cache without a network", async () => {
      const rows = await rowsOf(folder, "valid");
      const outputs = async (from: string) => {
        const model = await AutoModelForSequenceClassification.fromPretrained(from, { log: assert.fail });
        assert.deepEqual(model.classes, ["bad", "good"]);
        assert.equal(model.trainedOn?.maxLength, 16);
        const { probabilities } = await predict(model, rows);
        model.dispose();
        return probabilities;
      };
      const fromFolder = await outputs(join(folder, "model"));
      await withEnv({ HF_HUB_CACHE: copyOf(folder, "hub"), HF_HUB_OFFLINE: "1" }, async () => {
        assert.deepEqual(await outputs("kept/tiny"), fromFolder);
      });
    });
  });
