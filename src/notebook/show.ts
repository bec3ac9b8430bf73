import { shown } from "../check";
import { InputError } from "../errors";
import { ParamTable } from "../freeze";
import { readOptions } from "../options/readOptions";
import type { Figure, FigureOptions } from "../report/figure";
import { judgedBy } from "../report/judgedBy";
import { formatSummary } from "../sweep/formatSummary";
import type { TrialRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";
import type { Mistake } from "../training/worstMistakes";
import { figureBundle, figureText } from "./figureBundle";
import { isFigure, isRecords } from "./isDrawn";
import { type Bundle, openDisplay } from "./kernel";
import { SHOWS } from "./lastValue";
import { paramsHtml } from "./paramsHtml";
import { rowsHtml, rowsText, type ShownRow } from "./rowsHtml";

/** What `show` draws. */
export type Shown = Figure | ParamTable | TrialRecord[] | ShownRow[] | Mistake[];

/**
 * Displays a figure, a table of parameters, a sweep's records, or rows in a notebook's cell: the figure interactive, with a
 * static picture wherever that cannot be; the parameters as a table to search and fold; the records as the table of depths
 * with the recommended one; other rows as a table. Outside a notebook it prints the text. `metric` is what records are judged by,
 * accuracy unless named (rmse in a regression). Its argument stays as it is.
 *
 * @throws InputError for anything else, and for no rows
 * @example
 * ```ts
 * await show(listParams(model));
 * await show(accuracyFigure(records));
 * await show(records, { metric: "f1" });
 * await show(worstMistakes(dataset, await predict(model, train)));
 * ```
 */
export function show(what: Shown, options: FigureOptions = {}): Promise<void> {
  // Marked, so that a cell which ends with it and does not wait prints no promise.
  return Object.defineProperty(showNow(what, options), SHOWS, { value: true });
}

async function showNow(what: Shown, options: FigureOptions): Promise<void> {
  const read = readOptions("show", options);
  const display = openDisplay();
  if (display) display.show(await bundleOf(what, read));
  else console.log(textOf(what, read));
}

async function bundleOf(what: Shown, options: FigureOptions): Promise<Bundle> {
  if (isFigure(what)) return figureBundle(what);
  const text = { "text/plain": textOf(what, options) };
  if (what instanceof ParamTable) return { "text/html": paramsHtml(what), ...text };
  return isRows(what) ? { "text/html": rowsHtml(what), ...text } : text;
}

function textOf(what: Shown, options: FigureOptions): string {
  if (isFigure(what)) return figureText(what);
  if (what instanceof ParamTable) return what.toString();
  if (isRows(what)) return rowsText(what);
  if (!isRecords(what))
    throw new InputError(
      `show: expected a figure, what listParams returns, a sweep's records, or rows of texts and numbers, got ${describe(what)}`,
    );
  return formatSummary(summarize(what, { metric: judgedBy(what, options.metric) }));
}

function isRows(what: unknown): what is ShownRow[] {
  return (
    Array.isArray(what) &&
    what.length > 0 &&
    !isRecords(what) &&
    what.every(
      (row) =>
        Object.keys(Object(row)).length > 0 &&
        typeof row === "object" &&
        Object.values(row).every((value) => Object(value) !== value),
    )
  );
}

function describe(what: unknown): string {
  if (Array.isArray(what)) return `an array that begins with a ${typeof what[0]}`;
  const keys = Object.keys(Object(what));
  return typeof what === "object" && keys.length > 0
    ? `an object with the keys ${keys.join(", ")}`
    : shown(what);
}
