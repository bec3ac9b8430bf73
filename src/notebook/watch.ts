import { FrostError } from "../errors";
import { readOptions } from "../options/readOptions";
import type { SweepEvent, SweepResult } from "../sweep/freezeSweep";
import type { FineTuneEvent, FineTuneResult } from "../training/events";
import type { Run } from "../training/Run";
import { eventLine } from "./eventLine";
import { type Display, openDisplay } from "./kernel";
import { SweepView } from "./SweepView";
import { withStopButton } from "./stopButton";
import { TrainingView } from "./TrainingView";

/** How a run is followed. */
export interface WatchOptions {
  /** What the run was given the signal of: the stop button aborts it, and the run ends with its result so far. */
  abort?: AbortController;
}

/**
 * Follows a training or a sweep in a notebook's cell, by a bar and pictures that are drawn anew in place, and gives its result.
 * Outside a notebook it prints a line for each epoch or trial.
 *
 * The stop button ends the run between two steps: the model keeps what it has learnt, a sweep its finished trials on disk. The
 * cell then fails with a FrostError, so that those below do not run on; with `abort` it ends well, with the result so far.
 *
 * @throws whatever the run throws; FrostError where the stop button ended it and no `abort` was given
 * @example
 * ```ts
 * const { epochs } = await watch(fineTune(model, { train, valid }));
 * const { records } = await watch(freezeSweep(model, { train, valid }, { n: [0, 6] }));
 * ```
 * @example
 * ```ts
 * const abort = new AbortController();
 * const result = await watch(fineTune(model, { train }, { signal: abort.signal }), { abort });
 * ```
 */
export async function watch<Result extends FineTuneResult | SweepResult>(
  run: Watched<Result>,
  options: WatchOptions = {},
): Promise<Result> {
  const { abort } = readOptions("watch", options);
  const display = openDisplay();
  if (!display) return print(run);
  let stopped = false;
  return withStopButton(
    () => {
      stopped = true;
      abort?.abort();
    },
    () => follow(run, display, () => stopped, abort !== undefined),
  );
}

type Watched<Result> = Run<FineTuneEvent, Result> | Run<SweepEvent, Result>;

/** Frames are at least so far apart: drawing takes its time from training. */
const FRAME_MS = 500;

async function follow<Result extends FineTuneResult | SweepResult>(
  run: Watched<Result>,
  display: Display,
  isStopped: () => boolean,
  aborts: boolean,
): Promise<Result> {
  let view: TrainingView | SweepView = new TrainingView();
  const draw = async () => display.show(await view.bundle());
  const leave = async (why: string) => {
    view.stop(why);
    await draw();
    return new FrostError(why);
  };
  let drawn = Number.NEGATIVE_INFINITY;
  let late = 0;
  try {
    for await (const event of run) {
      if (event.type === "start") view = new SweepView();
      view.take(event as never);
      if (isStopped()) {
        if (!aborts) throw await leave(view instanceof SweepView ? SWEEP_STOPPED : TRAINING_STOPPED);
        // The one under way may still end; a run that goes on after that does not know of the controller.
        if (isStep(event) && ++late > 2) throw await leave(NOT_HEARD);
      }
      if (Date.now() - drawn < FRAME_MS) continue;
      await draw();
      drawn = Date.now();
    }
  } catch (error) {
    if (!isStopped()) await leave("ended by an error");
    throw error;
  }
  const result = await run;
  view.finish(result as never);
  await draw();
  return result;
}

const TRAINING_STOPPED = "stopped; the model keeps what it has learnt so far";
const SWEEP_STOPPED = "stopped; the finished trials are kept, and the same sweep goes on from there";
const NOT_HEARD =
  "abort: the run did not end, so its signal is another one; pass { signal: abort.signal } to it as well";

function isStep(event: FineTuneEvent | SweepEvent): boolean {
  return event.type === "progress" ? isStep(event.event) : event.type === "step" || event.type === "frozen";
}

async function print<Result>(run: Watched<Result>): Promise<Result> {
  let metric: string | undefined;
  for await (const event of run) {
    if (event.type === "start") metric = event.trials[0].settings.metric;
    const line = eventLine(event, metric);
    if (line !== null) console.log(line);
  }
  return run;
}
