import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openRuns } from "../../src/training/openRuns";
import { Run } from "../../src/training/Run";
import { Stoppable, type Work } from "../../src/training/Stoppable";

/** A run of five steps that heeds its signal, as those of the kit do. */
function counting(work: Work, between: (step: number) => void = () => {}): Run<number, number> {
  const stoppable = new Stoppable(work);
  async function* steps() {
    let step = 0;
    while (step < 5 && !stoppable.signal.aborted) {
      yield ++step;
      between(step);
    }
    return step;
  }
  return new Run(steps(), stoppable);
}

const press = () => {
  for (const run of [...openRuns().runs]) run.stop();
};

/** What the stop button has ended in this cell, until the test is over. */
function cellWithStops(t: TestContext, ...names: string[]): void {
  openRuns().stopped = names;
  t.after(() => {
    openRuns().stopped = [];
  });
}

test("A run is open from its first step to its last, and only then", async () => {
  const open: string[][] = [];
  const look = () => open.push(Array.from(openRuns().runs, ({ name }) => name));
  const run = counting({ name: "fineTune" }, look);
  look();
  await run;
  look();
  assert.deepEqual(open, [[], ...Array(5).fill(["fineTune"]), []]);
});

test("Stopped, it ends between two steps, and both the loop and the await have what it came to", async () => {
  const run = counting({ name: "fineTune" }, (step) => step === 2 && press());
  const steps: number[] = [];
  for await (const step of run) steps.push(step);
  assert.deepEqual(steps, [1, 2]);
  assert.equal(await run, 2);
  assert.equal(await counting({ name: "fineTune" }, (step) => step === 3 && press()), 3);
});

test("The caller's own signal ends it as well", async () => {
  const abort = new AbortController();
  const run = counting({ name: "fineTune", signal: abort.signal }, (step) => step === 4 && abort.abort());
  assert.equal(await run, 4);
});

test("A model that one run trains is refused to another, and is free again when that has ended, failed or been left", async () => {
  const model = {};
  const refused = {
    name: "FrostError",
    message:
      "freezeSweep: expected a model that nothing trains, got one that fineTune is still training: await that run to its end, or end it with the stop button",
  };
  for await (const _ of counting({ name: "fineTune", trains: model }))
    await assert.rejects(async () => counting({ name: "freezeSweep", trains: model }), refused);
  for await (const _ of counting({ name: "fineTune", trains: model })) break;
  const failing = counting({ name: "fineTune", trains: model }, () => {
    throw new Error("out of memory");
  });
  await assert.rejects(async () => failing, /out of memory/);
  assert.equal(await counting({ name: "fineTune", trains: model }), 5);
});

test("Another model may be trained meanwhile, and the same one by what a sweep begins itself", async () => {
  const model = {};
  const sweep = new Stoppable({ name: "freezeSweep", trains: model });
  sweep.begin();
  assert.equal(await counting({ name: "fineTune", trains: {} }), 5);
  assert.equal(await counting({ name: "fineTune", trains: model, signal: sweep.signal }), 5);
  await assert.rejects(
    async () => counting({ name: "fineTune", trains: model }),
    /freezeSweep is still training/,
  );
  sweep.end();
  assert.equal(await counting({ name: "fineTune", trains: model }), 5);
});

test("In a cell that was stopped no further run begins", async (t) => {
  cellWithStops(t, "fineTune");
  await assert.rejects(async () => counting({ name: "evaluate" }), {
    message: "evaluate: not begun, since the stop button has ended fineTune in this cell",
  });
});

test("Given up, a run whose loop hangs tidies up and frees its model", async () => {
  const model = {};
  const log: string[] = [];
  const stoppable = new Stoppable({ name: "fineTune", trains: model });
  async function* steps() {
    try {
      for (;;) yield 0;
    } finally {
      log.push("tidied up");
    }
  }
  const run = new Run<number, void>(steps(), stoppable);
  const loop = run[Symbol.asyncIterator]();
  await loop.next();
  for (const open of [...openRuns().runs]) open.close();
  await new Promise(setImmediate);
  assert.deepEqual(log, ["tidied up"]);
  assert.equal(await counting({ name: "fineTune", trains: model }), 5);
  await assert.rejects(async () => loop.next(), /fineTune: given up by the stop button/);
});

test("A console says whether a run has begun, and what to write", async () => {
  const { inspect } = await import("node:util");
  const run = counting({ name: "fineTune" });
  assert.equal(inspect(run), "fineTune(…) has not begun: write await before it");
  for await (const _ of run) assert.equal(inspect(run), "fineTune(…), still training: write await before it");
  assert.equal(inspect(run), "fineTune(…), ended: await it for its result");
});

test("An error of a run that is awaited is traced to the line that made the run", async () => {
  const made = counting({ name: "fineTune" }, () => {
    throw new Error("out of memory");
  });
  await assert.rejects(
    async () => made,
    ({ stack }: Error) => {
      assert.match(stack!, /^Error: out of memory\n/);
      assert.match(stack!, /Stoppable\.test\.ts:\d+/);
      assert.equal(new Set(stack!.split("\n")).size, stack!.split("\n").length, "no line twice");
      return true;
    },
  );
});
