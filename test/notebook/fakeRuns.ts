import type { SearchEvent, SearchResult } from "../../src/search/SearchOptions";
import type { SweepEvent, SweepResult } from "../../src/sweep/SweepOptions";
import type { Trial } from "../../src/sweep/trial";
import type { FineTuneEvent, FineTuneResult } from "../../src/training/events";
import { Run } from "../../src/training/Run";
import { Stoppable } from "../../src/training/Stoppable";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";

export interface Script {
  epochs?: number;
  steps?: number;
  signal?: AbortSignal;
  /** Called between two steps. */
  between?: (step: number) => void;
  /** Called when the work is over, be it done or left. */
  ended?: () => void;
}

/** A run with the events of a training, without one. */
export function fakeTraining(script: Script = {}): Run<FineTuneEvent, FineTuneResult> {
  const stoppable = new Stoppable({ name: "fineTune", signal: script.signal });
  return new Run(training({ ...script, signal: stoppable.signal }), stoppable);
}

async function* training({
  epochs = 2,
  steps = 3,
  signal,
  between = () => {},
  ended = () => {},
}: Script): AsyncGenerator<FineTuneEvent, FineTuneResult> {
  const all: FineTuneResult["epochs"] = [];
  const result = { frozenSeconds: 1, trainableParameters: 10 };
  try {
    yield { type: "frozen", done: 8, total: 16 };
    for (let epoch = 1; epoch <= epochs; epoch++) {
      for (let i = 1; i <= steps; i++) {
        if (signal?.aborted) return { ...result, epochs: all, epoch: all.length, stopped: "aborted" };
        const step = (epoch - 1) * steps + i;
        const secondsLeft = epochs * steps - step;
        yield {
          ...{ type: "step", epoch, step, steps: epochs * steps, loss: 1 / step },
          ...{ learningRate: 1e-4, gradNorm: 1, secondsLeft },
        } as FineTuneEvent;
        between(step);
      }
      yield { type: "evaluate", done: 4, total: 4 };
      const record = fakeEpoch({ epoch, trainLoss: 1 / epoch, metrics: { accuracy: 0.5 + epoch / 10 } });
      all.push(record);
      yield { type: "epoch", ...record };
    }
    return { ...result, epochs: all, epoch: all.length, stopped: "finished" };
  } finally {
    ended();
  }
}

interface SweepScript extends Script {
  metric?: string;
  fails?: number;
  rates?: number[];
}

/** A run with the events of a sweep; the trial of depth `fails` fails. */
export function fakeSweep(
  depths: number[],
  { metric, fails, rates, ...script }: SweepScript = {},
): Run<SweepEvent, SweepResult> {
  const stoppable = new Stoppable({ name: "freezeSweep", signal: script.signal });
  return new Run(sweep(depths, { metric, fails, rates, ...script, signal: stoppable.signal }), stoppable);
}

async function* sweep(
  depths: number[],
  { metric, fails, rates, ...script }: SweepScript,
): AsyncGenerator<SweepEvent, SweepResult> {
  const trials = depths.flatMap((n): Trial[] => {
    const settings = { epochs: 2, metric };
    const trial = { trial: `freeze n=${n} seed=0`, strategy: "freeze", n, seed: 0, settings };
    if (!rates) return [trial];
    return rates.map((learningRate) => ({
      ...trial,
      trial: `freeze n=${n} lr=${learningRate} seed=0`,
      learningRate,
      settings: { ...settings, learningRate },
    }));
  });
  const records: SweepResult["records"] = [];
  const failed: SweepResult["failed"] = [];
  const result = () => ({ records, failed, aborted: script.signal?.aborted ?? false, folder: "runs/fake" });
  yield { type: "start", trials, done: 0 };
  for (const [index, trial] of trials.entries()) {
    yield { type: "trial", trial, index, count: trials.length };
    const run = training(script);
    let turn = await run.next();
    for (; !turn.done; turn = await run.next()) yield { type: "progress", trial, event: turn.value };
    if (turn.value.stopped === "aborted") break;
    if (trial.n === fails) {
      const error = new Error("out of memory\n  at somewhere");
      failed.push({ trial, error });
      yield { type: "failed", trial, error };
      continue;
    }
    const { epochs } = turn.value;
    const { n, learningRate, settings } = trial;
    const record = fakeRecord({
      ...{ n, epochs, accuracy: 0.9 - n / 20 - (learningRate ?? 0) },
      ...(learningRate !== undefined && { trial: trial.trial, learningRate, settings: { ...settings } }),
    });
    records.push(record);
    yield { type: "record", record, index, count: trials.length };
  }
  return result();
}

/** A run with the events of a search through those depths, the deepest first. */
export function fakeSearch(
  depths: number[],
  result: SearchResult,
  script: Script = {},
): Run<SearchEvent, SearchResult> {
  const stoppable = new Stoppable({ name: "searchDepth", signal: script.signal });
  return new Run(search(depths, result, { ...script, signal: stoppable.signal }), stoppable);
}

async function* search(
  depths: number[],
  result: SearchResult,
  script: Script,
): AsyncGenerator<SearchEvent, SearchResult> {
  const settings = { epochs: 2 };
  yield { type: "search", depths: depths.toReversed(), budget: 0.9, settings, metric: "accuracy" };
  yield { type: "features", done: 8, total: 16 };
  for (const [i, n] of depths.entries()) {
    const learningRate = 1e-3;
    const trial: Trial = {
      trial: `freeze n=${n} lr=1e-3 seed=0`,
      strategy: "freeze",
      n,
      seed: 0,
      learningRate,
      settings,
    };
    yield { type: "trial", trial, spent: 0.2 + i / 10, left: depths.slice(i + 1) };
    const run = training(script);
    let turn = await run.next();
    for (; !turn.done; turn = await run.next()) yield { type: "progress", trial, event: turn.value };
    const record = fakeRecord({
      ...{ trial: trial.trial, n, learningRate, settings },
      epochs: turn.value.epochs,
      accuracy: 0.9,
    });
    yield { type: "record", record, known: false };
  }
  return result;
}
