import { greatest, least } from "../extremes";
import { visible } from "../freeze";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import { alignTable } from "../text/alignTable";
import { formatMany } from "../text/numbers";
import { oneStandardErrorRule } from "./oneStandardErrorRule";
import type { DepthSummary } from "./summarize";
import { FROM_CACHE, summaryColumns, UNDERTRAINED } from "./summaryColumns";

/**
 * The rows as an aligned table for a console, the recommended depth marked and its reason below. MB are 10⁶ bytes, the
 * peak that of tensors. Where nothing frozen was tried, seconds and memory stand as shares of it, too.
 *
 * @throws InputError for anything but what it takes, and for a further argument
 * @example
 * ```ts
 * console.log(formatSummary(summarize(records)));
 * ```
 */
export function formatSummary(rows: DepthSummary[]): string;
export function formatSummary(rows: DepthSummary[], ...more: unknown[]): string {
  noOptions("formatSummary", more);
  checkArguments("formatSummary", { rows });
  const { strategy, n, sentence, comparison, note } = oneStandardErrorRule(rows);
  const columns = summaryColumns(rows).filter(({ short }) => short !== null);
  const table = [
    [...columns.map(({ short }) => short!), ""],
    ...rows.map((row) => [
      ...columns.map(({ cell }) => cell(row)),
      [
        ...(row.strategy === strategy && row.n === n ? ["<- recommended"] : []),
        ...(row.undertrained === null ? [] : ["undertrained"]),
      ].join(", "),
    ]),
  ];
  const right = [...columns.keys()].filter((i) => !columns[i].left);
  const lines = [
    alignTable(
      table.map((cells) => cells.map(visible)),
      right,
    ),
  ];
  if (rows.some((row) => row.frozenFromCache)) lines.push("", `* ${FROM_CACHE}.`);
  if (rows.some((row) => row.undertrained !== null)) lines.push("", `undertrained: ${UNDERTRAINED}.`);
  if (rows.some((row) => row.score.sd !== null))
    lines.push("", `± is one standard deviation over ${formatSeeds(rows)}.`);
  const said = [sentence, comparison, note].filter((text) => text !== null);
  return [...lines, ...said.flatMap((text) => ["", visible(text)])].join("\n");
}

/** "3 seeds", or "1 to 3 seeds" where depths differ. */
export function formatSeeds(rows: DepthSummary[]): string {
  const seeds = rows.map((row) => row.seeds);
  const [fewest, most] = [least(seeds), greatest(seeds)];
  return `${fewest === most ? "" : `${fewest} to `}${formatMany(most, "seed")}`;
}
