import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { FileTensor } from "../../src/checkpoint/FileTensor";
import type { SearchDepthOptions, SearchEvent } from "../../src/search/SearchOptions";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { readRecords, type TrialRecord } from "../../src/sweep/record";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyBert, toyRows } from "../training/toyData";

// The tables of tests are small ones.
FileTensor.large = 0;

const train = toyRows(64);
const valid = toyRows(48, "valid");

onEveryFastEngine("searchDepth", () => {
  let folder = "";
  let runs = 0;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const options = (more: Partial<SearchDepthOptions> = {}): SearchDepthOptions => ({
    ...{ model: tinyBert, train: threeClasses(train), valid: threeClasses(valid) },
    ...{ epochs: 2, batchSize: 8, learningRates: [3e-3, 1e-3] },
    out: join(folder, String(++runs)),
    log: () => {},
    ...more,
  });
  const asked = (events: SearchEvent[]) =>
    events.flatMap((event) => (event.type === "trial" ? [event.trial.trial] : []));
  const eventsOf = async (run: AsyncIterable<SearchEvent>) => {
    const events: SearchEvent[] = [];
    for await (const event of run) events.push(event);
    return events;
  };
  /** What does not depend on the clock or on what ran before in the process. */
  const results = (records: TrialRecord[]) =>
    records.map(({ trial, epochs }) => [
      trial,
      epochs.map(({ trainLoss, validLoss }) => [trainLoss, validLoss]),
    ]);

  it("gives a depth and its rate, in words as well, and what is known of every depth", async () => {
    const { n, learningRate, sentence, depths, records, metric, cost, failed, aborted } = await searchDepth(
      options(),
    );
    assert.equal(metric, "accuracy");
    assert.deepEqual(
      depths.map((depth) => depth.n),
      [-1, 0, 1, 2, 3],
    );
    const chosen = depths.find((depth) => depth.n === n)!;
    assert.equal(chosen.state, "measured");
    assert.equal(chosen.learningRate, learningRate);
    assert.equal(chosen.difference, null);
    assert.ok(sentence.startsWith(`N = ${n} at `));
    assert.ok(records.some((record) => record.n === n && record.learningRate === learningRate));
    assert.ok(cost > 0 && cost <= 0.8);
    assert.deepEqual(failed, []);
    assert.equal(aborted, false);
  });

  it("runs the frozen part once for the depths from half on, and looks at the validation rows after the last epoch alone", async () => {
    const run = searchDepth(options());
    const events = await eventsOf(run);
    const features = events.flatMap((event) => (event.type === "features" ? [event] : []));
    // 64 + 48 rows to N = 2, and on to N = 3.
    assert.deepEqual(features.at(-1), { type: "features", done: 224, total: 224 });
    const { records } = await run;
    for (const { epochs } of records) {
      assert.equal(epochs[0].validLoss, null);
      assert.equal(typeof epochs[1].validLoss, "number");
    }
  });

  it("has a shallower freeze run its own frozen part, and counts that", async () => {
    const given = { epochs: 4, learningRates: [1e-3] };
    const run = searchDepth(options({ ...given, n: [3, 1] }));
    const events = await eventsOf(run);
    const frozenOf = (n: number) =>
      events.filter(
        (event) => event.type === "progress" && event.trial.n === n && event.event.type === "frozen",
      ).length;
    const { records, cost } = await run;
    assert.deepEqual(
      records.map(({ n }) => n),
      [3, 1],
    );
    assert.equal(frozenOf(3), 0);
    assert.ok(frozenOf(1) > 0);
    assert.ok(records[1].frozenSeconds > 0);
    const spent = events.flatMap((event) => (event.type === "trial" ? [event.spent] : []));
    // The forward through all blocks, and in the second trial the part of it that N = 1 has.
    const [whole, first] = [spent[0], cost - spent[1]];
    const alone = await searchDepth(options({ ...given, n: [1] }));
    assert.ok(whole > 0.1 && Math.abs(first - alone.cost) < 1e-12);
  });

  it("tells what it is about: the depths in the race, each trial with what is spent, each record", async () => {
    const run = searchDepth(options());
    const events = await eventsOf(run);
    const [first] = events;
    assert.ok(first.type === "search");
    assert.deepEqual(first.depths, [-1, 0, 1, 2, 3]);
    const spent = events.flatMap((event) => (event.type === "trial" ? [event.spent] : []));
    assert.deepEqual(
      spent.toSorted((a, b) => a - b),
      spent,
    );
    const { records, cost } = await run;
    assert.ok(spent.at(-1)! < cost);
    assert.equal(asked(events).length, records.length);
    assert.deepEqual(
      events.flatMap((event) => (event.type === "record" ? [event.record.trial] : [])),
      records.map(({ trial }) => trial),
    );
    assert.equal(asked(events)[0], "freeze n=3 lr=3e-3 seed=0");
  });

  it("gives the same choice and the same numbers for the same seed", async () => {
    const [a, b] = [await searchDepth(options({ seed: 1 })), await searchDepth(options({ seed: 1 }))];
    assert.deepEqual(results(a.records), results(b.records));
    assert.deepEqual([a.n, a.learningRate, a.sentence, a.cost], [b.n, b.learningRate, b.sentence, b.cost]);
    assert.deepEqual(a.depths, b.depths);
  });

  it("gives each trial the numbers that a sweep gives it, and a later sweep of that folder does not run them again", async () => {
    const out = join(folder, "taken over");
    const { records } = await searchDepth(options({ out }));
    const sweep = options({ out });
    const { n: _n, goal, seed, ...shared } = sweep;
    const after = await freezeSweep({ ...shared, n: [-1, 2, 3] });
    assert.equal(after.records.length, 6);
    const known = new Set(records.map(({ trial }) => trial));
    const kept = after.records.filter(({ trial }) => known.has(trial));
    assert.deepEqual(kept.toSorted(byTrial), records.filter(({ n }) => n !== 0 && n !== 1).toSorted(byTrial));
    const alone = await freezeSweep({ ...shared, n: [-1, 2, 3], out: join(folder, "alone") });
    const last = (all: TrialRecord[]) => all.map(({ trial, epochs }) => [trial, epochs.at(-1)!.validLoss]);
    assert.deepEqual(last(after.records), last(alone.records));
  });

  it("does not run what the folder holds already, and comes to the same", async () => {
    const given = options();
    const first = await searchDepth(given);
    const run = searchDepth(given);
    const events = await eventsOf(run);
    const again = await run;
    assert.ok(events.every((event) => event.type !== "features" && event.type !== "progress"));
    assert.ok(events.every((event) => event.type !== "record" || event.known));
    assert.deepEqual(
      [again.n, again.sentence, again.cost, again.depths],
      [first.n, first.sentence, first.cost, first.depths],
    );
    assert.deepEqual(again.records, first.records);
    assert.equal(readRecords(join(given.out!, "records.jsonl")).length, first.records.length);
  });

  it("goes on where it was stopped, inside a trial as well, to the same numbers", async () => {
    const whole = await searchDepth(options());
    const given = options({ saveEvery: 1 });
    const abort = new AbortController();
    let steps = 0;
    const run = searchDepth({ ...given, signal: abort.signal });
    for await (const event of run)
      if (event.type === "progress" && event.event.type === "step" && ++steps === 20) abort.abort();
    const stopped = await run;
    assert.equal(stopped.aborted, true);
    assert.match(stopped.sentence, /The search was stopped before its end\.$/);
    const goneOn = await searchDepth(given);
    assert.deepEqual(results(goneOn.records), results(whole.records));
    assert.deepEqual([goneOn.n, goneOn.sentence, goneOn.cost], [whole.n, whole.sentence, whole.cost]);
  });

  it("that was stopped before anything is known throws", async () => {
    const abort = new AbortController();
    const run = searchDepth(options({ signal: abort.signal }));
    await assert.rejects(
      (async () => {
        for await (const event of run) if (event.type === "features") abort.abort();
      })(),
      {
        message:
          /^searchDepth: stopped before a trial had ended, so no depth is known; started again, it goes on$/,
      },
    );
  });

  it("reports a trial that fails and goes on with another rate", async () => {
    const { records, failed, depths } = await searchDepth(
      options({ learningRates: [3e-3, 1e30], n: [2, 3] }),
    );
    assert.ok(failed.length > 0 && failed.every(({ trial }) => trial.learningRate === 1e30));
    assert.ok(records.every(({ learningRate }) => learningRate === 3e-3));
    assert.deepEqual(
      depths.map(({ state }) => state),
      ["measured", "measured"],
    );
  });

  it("leaves a loaded model as it was, and no tensor behind", async () => {
    const model = await loadTiny();
    const weights = async () =>
      Promise.all(model.namedParameters().map(async ([, each]) => [...(await each.data())]));
    model.stateDict();
    const before = await weights();
    const tensors = tf.memory().numTensors;
    await searchDepth(options({ model, train, valid }));
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(await weights(), before);
    assert.ok(model.namedParameters().every(([, { requiresGrad }]) => requiresGrad));
    model.dispose();
  });

  it("refuses a folder of other options, and takes one of the same for another goal", async () => {
    const given = options();
    await searchDepth(given);
    await assert.rejects(Promise.resolve(searchDepth({ ...given, epochs: 3 })), {
      message: /holds records of another sweep: epochs/,
    });
    const { records, n } = await searchDepth({ ...given, goal: "best" });
    const scores = records.map(({ accuracy }) => accuracy!);
    const best = records.filter(({ n: depth }) => depth === n).map(({ accuracy }) => accuracy!);
    assert.equal(Math.max(...best), Math.max(...scores));
  });

  it("judges a regression by its rmse, and any task by a metric that is named", async () => {
    const numbers = (rows: typeof train) => ({
      ...rows,
      labels: {
        problemType: "regression" as const,
        values: Float32Array.from(rows.inputIds, ({ length }) => length / 10),
      },
    });
    const model = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
      ...{ numLabels: 1, problemType: "regression", ignoreMismatchedSizes: true, log: () => {} },
    });
    const { metric, depths, records } = await searchDepth(
      options({ model, train: numbers(train), valid: numbers(valid), n: [2, 3] }),
    );
    assert.equal(metric, "rmse");
    for (const { n, score } of depths) {
      const ofDepth = records
        .filter((record) => record.n === n)
        .map(({ epochs }) => epochs.at(-1)!.metrics.rmse);
      assert.equal(score, Math.min(...ofDepth));
    }
    model.dispose();
    const f1 = await searchDepth(options({ metric: "f1", n: [2, 3] }));
    assert.equal(f1.metric, "f1");
    await assert.rejects(Promise.resolve(searchDepth(options({ metric: "rmse" }))), {
      message: /^metric: expected one of/,
    });
  });

  it("writes the first trial of each depth the share of the frozen forward that is its own", async () => {
    const { records, folder: out } = await searchDepth(options());
    assert.ok(existsSync(join(out, "predictions")));
    assert.equal(readFileSync(join(out, "records.jsonl"), "utf8").trim().split("\n").length, records.length);
    const firsts = records.filter(({ n }, i) => records.findIndex((record) => record.n === n) === i);
    assert.ok(firsts.filter(({ n }) => n >= 0).every(({ frozenSeconds }) => frozenSeconds > 0));
  });
});

const byTrial = (a: TrialRecord, b: TrialRecord) => (a.trial < b.trial ? -1 : 1);

/** A head of three labels is the tiny BERT's own, and not drawn anew. */
function threeClasses(rows: typeof train) {
  const labels = rows.labels as Extract<NonNullable<typeof rows.labels>, { ids: Int32Array }>;
  return { ...rows, labels: { ...labels, classes: ["odd", "even", "other"] } };
}
