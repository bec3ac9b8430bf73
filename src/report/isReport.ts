import { readFileSync } from "node:fs";

/** What every report of the kit says of itself near its start. */
export const REPORT_MARK = '<meta name="generator" content="frostkit">';

/** Whether a page is a report of the kit, so that a new one may take its place. */
export const isReport = (file: string): boolean =>
  readFileSync(file, "latin1").slice(0, 1000).includes(REPORT_MARK);
