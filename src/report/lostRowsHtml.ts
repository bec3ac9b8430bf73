import { type LostRows, lostRows } from "../sweep/lostRows";
import type { TrialRecord } from "../sweep/record";
import type { DepthSummary } from "../sweep/summarize";
import { titleAtRate } from "../sweep/titleAtRate";
import { escapeHtml } from "../text/escapeHtml";
import { formatMany } from "../text/numbers";

/** The part of a report that shows the rows which each depth loses against the best one, to unfold; empty where none is known. */
export function lostRowsHtml(records: TrialRecord[], rows: DepthSummary[]): string {
  const depths = lostRows(records, rows).filter(({ count }) => count > 0);
  if (depths.length === 0) return "";
  return `<h2>Rows that each depth loses</h2>\n${depths.map(depthHtml).join("\n")}`;
}

function depthHtml({ row, best, count, worst }: LostRows): string {
  const { accuracy } = row;
  const than = titleAtRate(best);
  const what = `${formatMany(count, "row")} ${accuracy ? `that ${than} gets right` : `with a larger error than at ${than}`}`;
  const most = count > worst.length ? `; the worst ${worst.length}` : "";
  const hasTexts = worst.some(({ text }) => text !== null);
  const titles = ["Row", ...(hasTexts ? ["Text"] : []), "Label", than, titleAtRate(row)];
  const body = worst.map(({ row, text, label, best, said }) => [
    String(row),
    ...(hasTexts ? [text ?? ""] : []),
    ...[label, best, said],
  ]);
  const cells = (tag: "th" | "td", texts: string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escapeHtml(text)}</${tag}>`).join("")}</tr>`;
  return `<details>
<summary>${escapeHtml(`${titleAtRate(row)} loses ${what}${most}`)}</summary>
<table class="rows">
<thead>${cells("th", titles)}</thead>
<tbody>
${body.map((texts) => cells("td", texts)).join("\n")}
</tbody>
</table>
</details>`;
}
