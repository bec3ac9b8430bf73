import { InputError } from "../errors";
import { ParamTable } from "../freeze";
import type { Figure, FigureOptions } from "../plots/figure";
import { formatSummary } from "../sweep/formatSummary";
import type { TrialRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";
import { figureBundle, figureText } from "./figureBundle";
import { judgedBy } from "./judgedBy";
import { type Bundle, openDisplay } from "./kernel";
import { paramsHtml } from "./paramsHtml";

/**
 * Displays a figure, a table of parameters, or a sweep's records in a notebook's cell: the figure interactive, with a static
 * picture wherever that cannot be; the parameters as a table to search and fold; the records as the table of depths with
 * the recommended one. Outside a notebook it prints the text. `metric` is what records are judged by, accuracy unless named
 * (rmse in a regression).
 *
 *     await show(listParams(model));
 *     await show(accuracyFigure(records));
 *     await show(records, { metric: "f1" });
 *
 * Nothing that is handed in is changed. Throws an InputError for anything else, and for no records.
 */
export async function show(
  what: Figure | ParamTable | TrialRecord[],
  options: FigureOptions = {},
): Promise<void> {
  const display = openDisplay();
  if (display) display.show(await bundleOf(what, options));
  else console.log(textOf(what, options));
}

async function bundleOf(what: Figure | ParamTable | TrialRecord[], options: FigureOptions): Promise<Bundle> {
  if (isFigure(what)) return figureBundle(what);
  const text = { "text/plain": textOf(what, options) };
  return what instanceof ParamTable ? { "text/html": paramsHtml(what), ...text } : text;
}

function textOf(what: Figure | ParamTable | TrialRecord[], options: FigureOptions): string {
  if (isFigure(what)) return figureText(what);
  if (what instanceof ParamTable) return what.toString();
  if (!isRecords(what))
    throw new InputError(
      `show: expected a figure, what listParams returns, or a sweep's records, got ${describe(what)}`,
    );
  return formatSummary(summarize(what, { metric: judgedBy(what, options.metric) }));
}

function isFigure(what: unknown): what is Figure {
  const { data, layout } = Object(what) as Partial<Figure>;
  return Array.isArray(data) && typeof layout === "object" && layout !== null;
}

function isRecords(what: unknown): what is TrialRecord[] {
  return Array.isArray(what) && what.every((each) => typeof Object(each).trial === "string");
}

function describe(what: unknown): string {
  if (Array.isArray(what)) return `an array that begins with a ${typeof what[0]}`;
  const keys = Object.keys(Object(what)).join(", ");
  return typeof what === "object" && what !== null ? `an object with the keys ${keys}` : `${what}`;
}
