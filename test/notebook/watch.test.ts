import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { FrostError } from "../../src/errors";
import { watch } from "../../src/notebook/watch";
import type { CrossValidation, CrossValidationEvent } from "../../src/sweep/CrossValidation";
import type { FineTuneEvent, FineTuneResult } from "../../src/training/events";
import { openRuns } from "../../src/training/openRuns";
import { Run } from "../../src/training/Run";
import { searched } from "../search/searched";
import { fakeEpoch } from "../sweep/fakeRecord";
import { fakeKernel, type Message } from "./fakeKernel";
import { fakeSearch, fakeSweep, fakeTraining } from "./fakeRuns";

const { JSDOM } = require("jsdom");

const html = ({ data }: Message) => data["text/html"] as string;
const text = ({ data }: Message) => data["text/plain"] as string;
const bars = (message: Message): { value: number; max: number; text: string }[] =>
  [...new JSDOM(html(message)).window.document.querySelectorAll("progress")].map((bar) => ({
    value: bar.value,
    max: bar.max,
    text: bar.parentElement.textContent.trim(),
  }));

/** Lets every event take so many milliseconds by the clock that frames are timed by. */
function slowly(t: TestContext, milliseconds: number): void {
  let now = 0;
  t.mock.method(Date, "now", () => {
    now += milliseconds;
    return now;
  });
}

/** What the stop button does. */
const press = () => {
  for (const run of [...openRuns().runs]) run.stop();
};

test("Outside a notebook a line is printed for each epoch, and the result is the run's", async (t) => {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  const { stopped, epochs } = await watch(fakeTraining());
  assert.deepEqual([stopped, epochs.length], ["finished", 2]);
  assert.deepEqual(lines, [
    "epoch 1: training loss 1.0000, validation loss 0.5000, accuracy 0.6000, 10.0 s",
    "epoch 2: training loss 0.5000, validation loss 0.5000, accuracy 0.7000, 10.0 s",
  ]);
});

test("What is scored within an epoch has a line of its own, also in a run that goes on", async (t) => {
  const evaluation = {
    ...{ epoch: 4 / 3, step: 1200, trainLoss: 0.5, validLoss: 0.25, evalSeconds: 1 },
    metrics: { accuracy: 0.75 },
  };
  const first = { ...evaluation, epoch: 0.5, step: 450 };
  const epochs = [fakeEpoch()];
  async function* events(): AsyncGenerator<FineTuneEvent, FineTuneResult> {
    yield { type: "resumed", step: 900, steps: 1800, epochs, evaluations: [first] };
    yield { type: "evaluation", ...evaluation };
    yield { type: "epoch", ...fakeEpoch({ epoch: 4 / 3 }) };
    return {
      ...{ epochs: [...epochs, fakeEpoch({ epoch: 4 / 3 })], evaluations: [first, evaluation], epoch: 0.5 },
      ...{ stopped: "early", frozenSeconds: 0, trainableParameters: 1 },
    };
  }
  const [within, started] = ["epoch 1.33, step 1,200: training loss 0.5000", "epoch 0.5, step 450: training"];
  const lines: string[] = [];
  const logged = t.mock.method(console, "log", (line: string) => lines.push(line));
  await watch(new Run(events()));
  logged.mock.restore();
  assert.equal(lines[0], `${within}, validation loss 0.2500, accuracy 0.7500`);
  const messages = fakeKernel(t);
  await watch(new Run(events()));
  const [title, ...shown] = text(messages.at(-1)!).split("\n");
  assert.equal(title, "stopped early after 1.33 epochs; the weights are those of epoch 0.5, the best one");
  assert.deepEqual(
    shown.map((line) => line.slice(0, 12)),
    [started, "epoch 1: training", within, "epoch 1.33: training"].map((line) => line.slice(0, 12)),
  );
});

test("Outside a notebook a sweep's trials have a line each, also those that fail", async (t) => {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  const { records } = await watch(fakeSweep([-1, 0, 4], { fails: 0, metric: "loss" }));
  assert.equal(records.length, 2);
  assert.deepEqual(lines, [
    "trial 1 of 3: N = none, seed 0: loss 0.5000, 21.0 s",
    "N = 0, seed 0: failed: out of memory",
    "trial 3 of 3: N = 4, seed 0: loss 0.5000, 21.0 s",
  ]);
});

test("Outside a notebook a search's trials have a line each, and the result is the search's", async (t) => {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  const { n, sentence } = await watch(fakeSearch([6, 5], searched()));
  assert.deepEqual([n, sentence], [5, "N = 5 at 1e-3: the deepest."]);
  assert.deepEqual(lines, [
    "N = 6, rate 1e-3, seed 0: accuracy 0.9000, 21.0 s",
    "N = 5, rate 1e-3, seed 0: accuracy 0.9000, 21.0 s",
  ]);
});

test("In a notebook a search shows the depths in the race and the time left, a line for each trial, and at its end the choice", async (t) => {
  const messages = fakeKernel(t);
  slowly(t, 1000);
  await watch(fakeSearch([6, 5], searched()));
  const said = messages.map((message) => bars(message)[0].text);
  assert.equal(said[0], "in the race: N = 6, 5");
  assert.equal(said[1], "frozen forward, 8 of 16 rows through a block");
  assert.ok(
    said.some((each) => /^in the race: N = 5, at most \d+ s left$/.test(each)),
    said.join(),
  );
  assert.equal(said.at(-1), "finished");
  assert.match(text(messages.at(-1)!), /N = 6, rate 1e-3, seed 0: accuracy/);
  assert.match(text(messages.at(-1)!), /<- take\n[\s\S]*N = 5 at 1e-3: the deepest\.$/);
});

test("In a notebook one output is drawn anew in place: a bar, the picture of the loss, the epochs", async (t) => {
  const messages = fakeKernel(t);
  slowly(t, 1000);
  const { stopped } = await watch(fakeTraining());
  assert.equal(stopped, "finished");
  assert.equal(new Set(messages.map(({ transient }) => transient.display_id)).size, 1);
  assert.deepEqual(
    messages.map(({ update }) => update),
    [false, ...Array(messages.length - 1).fill(true)],
  );
  const shown = messages.map((message) => bars(message)[0]);
  assert.deepEqual(shown[0], { value: 8, max: 16, text: "frozen pass, 8 of 16 rows" });
  assert.deepEqual(shown[1], { value: 1, max: 6, text: "epoch 1, loss 1.0000, 5 s left" });
  assert.deepEqual(shown[4], { value: 3, max: 6, text: "evaluating, 4 of 4 rows" });
  assert.deepEqual(shown.at(-1), { value: 6, max: 6, text: "finished: 2 epochs" });
  assert.doesNotMatch(html(messages[0]), /<img/);
  assert.match(html(messages[1]), /<img src="data:image\/svg\+xml;base64,/);
  assert.equal(
    text(messages.at(-1)!),
    [
      "finished: 2 epochs",
      "epoch 1: training loss 1.0000, validation loss 0.5000, accuracy 0.6000, 10.0 s",
      "epoch 2: training loss 0.5000, validation loss 0.5000, accuracy 0.7000, 10.0 s",
    ].join("\n"),
  );
});

test("However fast the events come, two frames a second are drawn and one at the end", async (t) => {
  const messages = fakeKernel(t);
  let now = 0;
  t.mock.method(Date, "now", () => now);
  await watch(
    fakeTraining({
      epochs: 1,
      steps: 1000,
      between() {
        now += 10;
      },
    }),
  );
  // Ten seconds: the first event, then every half second, then the end.
  assert.equal(messages.length, 1 + 20 + 1);
});

test("A sweep shows both bars, and its table and picture grow with the trials", async (t) => {
  const messages = fakeKernel(t);
  slowly(t, 1000);
  const { records } = await watch(fakeSweep([0, 2, 4]));
  assert.equal(records.length, 3);
  const under = messages.find((message) => bars(message)[1]?.text.startsWith("N = 2, seed 0: epoch 2"))!;
  assert.deepEqual(bars(under), [
    { value: 1, max: 3, text: "1 of 3 trials" },
    { value: 4, max: 6, text: "N = 2, seed 0: epoch 2 of 2, loss 0.2500, 2 s left" },
  ]);
  assert.match(text(under), /^1 of 3 trials\n\nN +accuracy.*\n0 +0\.9000/);
  assert.equal(html(under).match(/<img/g)?.length, 1, "the loss; one depth is no picture yet");

  const last = messages.at(-1)!;
  assert.deepEqual(bars(last), [
    { value: 3, max: 3, text: "finished: 3 of 3 trials, kept in runs/fake/records.jsonl" },
  ]);
  assert.match(text(last), /\n0 +0\.9000.*\n2 +0\.8000.*\n4 +0\.7000/);
  assert.match(html(last), /<pre style="[^"]*word-break: normal[^"]*">N +accuracy/);
  const beforeLast = messages.findLast((message) => bars(message)[0].text === "2 of 3 trials")!;
  assert.equal(html(beforeLast).match(/<img[^>]*alt="score by frozen blocks"/g)?.length, 1);
  assert.doesNotMatch(html(last), /<img/, "show(accuracyFigure(records)) draws it for good");
});

test("A sweep of several rates names that of the trial which runs, and its table has each depth at the best so far", async (t) => {
  const messages = fakeKernel(t);
  slowly(t, 1000);
  await watch(fakeSweep([0, 2], { rates: [5e-5, 1e-3] }));
  const under = messages.find((message) =>
    bars(message)[1]?.text.startsWith("N = 2, rate 1e-3, seed 0: epoch 1"),
  )!;
  assert.equal(bars(under)[0].text, "3 of 4 trials");
  // The depth that runs has had fewer tries, which is said.
  assert.match(
    text(under),
    /\n0 +5e-5 +0\.9000.*\n2 +5e-5 +0\.8000.*\n\nN = 0 at rate 5e-5: .* 1 to 2 of them, which flatters most/s,
  );
  assert.equal(html(under).match(/<img[^>]*alt="score by frozen blocks"/g)?.length, 1);
  assert.match(
    text(messages.at(-1)!),
    /Each depth is judged at the best of its 2 rates, which flatters all alike\./,
  );
});

test("A sweep's failed trials stay to be seen, and count as done", async (t) => {
  const messages = fakeKernel(t);
  await watch(fakeSweep([0, 2], { fails: 0 }));
  assert.match(text(messages.at(-1)!), /^finished: 1 of 2 trials/);
  assert.match(text(messages.at(-1)!), /\n\nN = 0, seed 0: failed: out of memory$/);
  assert.equal(bars(messages.at(-1)!)[0].value, 2);
});

test("A sweep that finds all its trials on disk shows them", async (t) => {
  const messages = fakeKernel(t);
  const { records } = await fakeSweep([0, 2]);
  await watch(
    new Run(
      (async function* () {
        yield { type: "start" as const, trials: [await trialOf()], done: 2 };
        return { records, failed: [], aborted: false, folder: "runs/earlier" };
      })(),
    ),
  );
  assert.match(text(messages.at(-1)!), /\n0 +0\.9000.*\n2 +0\.8000/);
});

test("An error of the run passes on, and the output says that it ended so", async (t) => {
  const messages = fakeKernel(t);
  const between = (step: number) => {
    if (step === 2) throw new FrostError("the loss is no number");
  };
  await assert.rejects(watch(fakeTraining({ between })), { message: "the loss is no number" });
  assert.equal(bars(messages.at(-1)!)[0].text, "ended by an error");
});

test("The stop button ends the run between two steps, and the result so far is given back", async (t) => {
  const messages = fakeKernel(t);
  let last = 0;
  let ended = false;
  const between = (step: number) => {
    last = step;
    if (step === 5) press();
  };
  const { stopped, epochs } = await watch(fakeTraining({ between, ended: () => (ended = true) }));
  assert.deepEqual([stopped, epochs.length, last, ended], ["aborted", 1, 5, true]);
  assert.match(text(messages.at(-1)!), /^stopped in epoch 2\nepoch 1: /);
  assert.equal(openRuns().runs.size, 0);
});

test("A stopped sweep keeps its records, and says where they are", async (t) => {
  const messages = fakeKernel(t);
  let steps = 0;
  const between = () => {
    steps++;
    if (steps === 8) press();
  };
  const { records, aborted } = await watch(fakeSweep([0, 2, 4], { between }));
  assert.deepEqual([records.length, aborted], [1, true]);
  assert.match(
    text(messages.at(-1)!),
    /^stopped: 1 of 3 trials are kept in runs\/fake\/records\.jsonl, and the same sweep goes on from there/,
  );
});

test("With a controller of the cell's the stop button aborts that as well, and the cell is to end well", async (t) => {
  fakeKernel(t);
  const abort = new AbortController();
  const well: boolean[] = [];
  const between = (step: number) => {
    if (step !== 4) return;
    well.push(Array.from(openRuns().runs).some(({ endsWell }) => endsWell));
    press();
  };
  const { stopped } = await watch(fakeTraining({ signal: abort.signal, between }), { abort });
  assert.deepEqual([stopped, abort.signal.aborted, well], ["aborted", true, [true]]);
  assert.equal(openRuns().runs.size, 0);
});

async function trialOf() {
  for await (const event of fakeSweep([0])) if (event.type === "start") return event.trials[0];
  throw new Error("a sweep begins with its trials");
}

/** A cross-validation of two folds, of which one was there. */
async function* fakeFolds(): AsyncGenerator<CrossValidationEvent, CrossValidation> {
  const training = { ...(await fakeTraining()) };
  const [first, second] = [0, 1].map((fold) => ({
    ...{ fold, rows: Int32Array.of(fold, fold + 2), training, metrics: { accuracy: 0.5 + fold / 4 } },
  }));
  yield { type: "folds", count: 2, done: 1 };
  yield { type: "fold", fold: 1, count: 2 };
  for await (const event of fakeTraining()) yield { type: "foldProgress", fold: 1, event };
  yield { type: "foldDone", result: second, count: 2 };
  const said = {
    probabilities: new Float32Array(0),
    labels: [],
    rows: new Int32Array(0),
    folds: new Int32Array(0),
  };
  return {
    ...said,
    metrics: { accuracy: 0.625 },
    results: [first, second],
    test: null,
    aborted: false,
    folder: "runs/cv",
  };
}

test("A cross-validation has a bar of its folds, the training that runs, and in the end a line for each fold", async (t) => {
  slowly(t, 1000);
  const messages = fakeKernel(t);
  const { metrics } = await watch(new Run(fakeFolds()));
  assert.equal(metrics.accuracy, 0.625);
  assert.deepEqual(bars(messages[0]), [{ value: 1, max: 2, text: "1 of 2 folds" }]);
  const training = messages.find((message) => bars(message)[1]?.text.startsWith("fold 1: epoch 1"))!;
  assert.deepEqual(bars(training)[0], { value: 1, max: 2, text: "1 of 2 folds" });
  const last = messages.at(-1)!;
  assert.deepEqual(bars(last), [
    { value: 2, max: 2, text: "out of fold: accuracy 0.6250; kept in runs/cv/out_of_fold.csv" },
  ]);
  assert.deepEqual(text(last).split("\n").slice(1), [
    "fold 0: 2 rows, accuracy 0.5000, 20.0 s",
    "fold 1: 2 rows, accuracy 0.7500, 20.0 s",
  ]);
});

test("Outside a notebook a line is printed for each fold that was trained", async (t) => {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  await watch(new Run(fakeFolds()));
  assert.deepEqual(lines, ["fold 1: 2 rows, accuracy 0.7500, 20.0 s"]);
});
