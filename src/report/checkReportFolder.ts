import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../errors";
import { checkNoFolder } from "../files/checkNoFolder";
import { namedPath } from "../files/checkWritable";
import { someOf } from "../text/someOf";
import { isReport } from "./isReport";

/** The page, which is written first: the rest is known by it. */
const PAGE = "report.html";

const FIGURES = ["accuracy", "seconds", "memory", "epochs"];

/** All that a report consists of. */
const FILES = [
  ...FIGURES.flatMap((name) => [`${name}.svg`, `${name}.png`]),
  ...["trials.csv", "trials.json"],
  PAGE,
];

/**
 * Finds out whether a report may be written into a folder: its files replace those of an earlier report, which are known by the page
 * among them, and no others.
 *
 * @param option of the command line that names the folder, for errors
 * @throws InputError naming the files that are in the way
 */
export function checkReportFolder(folder: string, option?: string): void {
  const page = join(folder, PAGE);
  checkNoFolder(page);
  if (existsSync(page) && isReport(page)) return;
  const foreign = FILES.filter((name) => existsSync(join(folder, name)));
  if (foreign.length > 0)
    throw new InputError(
      `${namedPath(folder, option)} holds ${someOf(foreign, 3)} of no report of the kit, which a report would replace: name a new folder or move that away`,
    );
}
