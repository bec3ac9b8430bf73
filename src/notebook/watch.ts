import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { eventLine } from "../report/eventLine";
import type { SearchEvent, SearchResult } from "../search/SearchOptions";
import type { CrossValidation, CrossValidationEvent } from "../sweep/CrossValidation";
import type { SweepEvent, SweepResult } from "../sweep/SweepOptions";
import type { FineTuneEvent, FineTuneResult } from "../training/events";
import { type OpenRun, openRuns } from "../training/openRuns";
import type { Run } from "../training/Run";
import { FoldsView } from "./FoldsView";
import { type Display, openDisplay } from "./kernel";
import { SearchView } from "./SearchView";
import { SweepView } from "./SweepView";
import { TrainingView } from "./TrainingView";

/** How a run is followed. */
export interface WatchOptions {
  /** Aborted by the stop button, after which the cell ends well: without it the cell fails at its end. */
  abort?: AbortController;
}

/**
 * Follows a training, a sweep, a search or a cross-validation in a notebook's cell, by a bar and pictures that are drawn anew in place, and gives its result.
 * Outside a notebook it prints a line for each epoch, trial or fold.
 *
 * The stop button ends the run between two steps, and `watch` gives the result so far: the model keeps what it has learnt, a sweep
 * its finished trials on disk, a cross-validation its folds. The cell goes on to its end and fails then, so that those below do not run; with `abort` it ends well.
 *
 * @throws whatever the run throws
 * @example
 * ```ts
 * const { epochs } = await watch(fineTune(model, { train, valid }));
 * const { records } = await watch(freezeSweep(model, { train, valid }, { n: [0, 6], out: "runs/ends" }));
 * ```
 * @example
 * ```ts
 * const abort = new AbortController();
 * const result = await watch(fineTune(model, { train }, { signal: abort.signal }), { abort });
 * ```
 */
export async function watch<Result extends FineTuneResult | SweepResult | SearchResult | CrossValidation>(
  run: Watched<Result>,
  options: WatchOptions = {},
): Promise<Result> {
  const { abort } = readOptions("watch", options);
  checkArguments("watch", { run });
  const display = openDisplay();
  if (!display) return print(run);
  const { runs } = openRuns();
  const expected = abort && stopExpected(abort);
  if (expected) runs.add(expected);
  try {
    return await follow(run, display);
  } finally {
    if (expected) runs.delete(expected);
  }
}

/** Stands among the open runs for a cell that is made to be stopped. */
function stopExpected(abort: AbortController): OpenRun {
  const stop = () => abort.abort();
  return { name: "watch", work: "watching", endsWell: true, stop, close: stop };
}

type Watched<Result> =
  | Run<FineTuneEvent, Result>
  | Run<SweepEvent, Result>
  | Run<SearchEvent, Result>
  | Run<CrossValidationEvent, Result>;

/** Frames are at least so far apart: drawing takes its time from training. */
const FRAME_MS = 500;

async function follow<Result extends FineTuneResult | SweepResult | SearchResult | CrossValidation>(
  run: Watched<Result>,
  display: Display,
): Promise<Result> {
  let view: TrainingView | SweepView | SearchView | FoldsView = new TrainingView();
  const draw = async () => display.show(await view.bundle());
  let drawn = Number.NEGATIVE_INFINITY;
  try {
    for await (const event of run) {
      if (event.type === "start") view = new SweepView();
      if (event.type === "search") view = new SearchView();
      if (event.type === "folds") view = new FoldsView();
      view.take(event as never);
      if (Date.now() - drawn < FRAME_MS) continue;
      await draw();
      drawn = Date.now();
    }
  } catch (error) {
    view.stop("ended by an error");
    await draw();
    throw error;
  }
  const result = await run;
  view.finish(result as never);
  await draw();
  return result;
}

async function print<Result>(run: Watched<Result>): Promise<Result> {
  let metric: string | undefined;
  for await (const event of run) {
    if (event.type === "start") metric = event.trials[0].settings.metric;
    if (event.type === "search") metric = event.metric;
    const line = eventLine(event, metric);
    if (line !== null) console.log(line);
  }
  return run;
}
