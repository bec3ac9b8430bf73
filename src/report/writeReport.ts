import { join } from "node:path";
import { checkPath } from "../files/checkPath";
import { makeFolders } from "../files/makeFolders";
import { replaceFile } from "../files/replaceFile";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { ProbedDepth } from "../probe/probeDepths";
import type { TrialRecord } from "../sweep/record";
import { accuracyFigure } from "./accuracyFigure";
import { checkReportFolder } from "./checkReportFolder";
import { epochsFigure } from "./epochsFigure";
import type { FigureOptions } from "./figure";
import { memoryFigure } from "./memoryFigure";
import { type ReportFigure, reportHtml } from "./reportHtml";
import { secondsFigure } from "./secondsFigure";
import { rasterize } from "./toPng";
import { toSvg } from "./toSvg";
import { trialsTable } from "./trialsTable";

const figures = [
  {
    name: "accuracy",
    draw: (records: TrialRecord[], options: FigureOptions, probe?: readonly ProbedDepth[]) =>
      accuracyFigure(records, { ...options, probe }),
    caption:
      "How good each depth is. The recommended one is the deepest freeze that is within one standard error of the best.",
  },
  {
    name: "seconds",
    draw: secondsFigure,
    caption:
      "What an epoch costs, mean over epochs and seeds. The frozen pass is paid once, whatever the number of epochs.",
  },
  {
    name: "memory",
    draw: memoryFigure,
    caption:
      "The most memory all tensors took at once (1 MB is 10⁶ bytes), and how many parameters were trained.",
  },
  {
    name: "epochs",
    draw: epochsFigure,
    caption: "How each depth learnt: a training loss far below the validation loss speaks of overfitting.",
  },
];

/** How a report is written. */
export interface ReportOptions {
  /** The page's title. Default: "Freeze sweep". */
  title?: string;
  /** What depths are judged by. Default: "accuracy". */
  metric?: string;
  /** What `probeDepths` gave for the model, drawn as a dotted line: what can be told without training. Default: none. */
  probe?: readonly ProbedDepth[];
}

/**
 * Writes what a sweep found into a folder: `report.html`, one page that works from disk without a network, and beside it
 * every figure as SVG and PNG, and the trials as `trials.csv` and `trials.json`. Returns the paths of the page and of the rest.
 * `metric` is what depths are judged by, accuracy unless named. Those of an earlier report are replaced, each once it is whole.
 *
 * @throws InputError where files of these names are of no report; for records of several sweeps, or a metric that they do not have
 * @example
 * ```ts
 * const { html } = await writeReport(latestSweep(readRecords("runs/train/records.jsonl")), "runs/train");
 * ```
 */
export async function writeReport(
  records: TrialRecord[],
  folder: string,
  options: ReportOptions = {},
): Promise<{ html: string; files: string[] }> {
  const { title, metric, probe } = readOptions("writeReport", options);
  checkArguments("writeReport", { records, folder });
  checkPath(folder);
  checkReportFolder(folder);
  const drawn = figures.map((each) => ({ ...each, figure: each.draw(records, { metric }, probe) }));
  makeFolders(folder);
  const made: { name: string; content: string | Buffer }[] = [];
  const shown: ReportFigure[] = [];
  for (const { name, figure, caption } of drawn) {
    const svg = await toSvg(figure);
    made.push({ name: `${name}.svg`, content: svg }, { name: `${name}.png`, content: await rasterize(svg) });
    shown.push({ name, figure, svg, caption });
  }
  const tables = [
    { name: "trials.csv", type: "text/csv", text: trialsTable(records) },
    { name: "trials.json", type: "application/json", text: `${JSON.stringify(records, null, 1)}\n` },
  ];
  made.push(...tables.map(({ name, text }) => ({ name, content: text })));
  const page = reportHtml(records, shown, { title, metric }, tables);
  // All is made before anything is replaced, and the page first: by it the rest is known as a report's, should this process be killed.
  for (const { name, content } of [{ name: "report.html", content: page }, ...made])
    replaceFile(join(folder, name), content);
  return { html: join(folder, "report.html"), files: made.map(({ name }) => join(folder, name)) };
}
