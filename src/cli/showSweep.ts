import { basename, resolve } from "node:path";
import { judgedBy } from "../report/judgedBy";
import { writeReport } from "../report/writeReport";
import { formatSummary } from "../sweep/formatSummary";
import type { TrialRecord } from "../sweep/record";
import { summarize } from "../sweep/summarize";

/**
 * Ends a sweep: writes its report into its folder, then prints the table with the recommended depth and where the report is.
 * Lines go to `print`.
 */
export async function showSweep(
  records: TrialRecord[],
  folder: string,
  metric: string | undefined,
  print: (text: string) => void,
): Promise<void> {
  const options = { metric: judgedBy(records, metric) };
  const table = formatSummary(summarize(records, options));
  // First of all, since drawing could fail yet.
  print(table);
  const title = `Freeze sweep: ${basename(resolve(folder))}`;
  const { html } = await writeReport(records, folder, { title, ...options });
  print(`\nreport: ${html}; pictures, trials.csv and trials.json beside it`);
}
