import { createHash } from "node:crypto";
import { groupBy } from "../sweep/groupBy";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import { rateOf } from "../sweep/rateOf";
import { epochOfWeights, type TrialRecord } from "../sweep/record";
import { type DepthSummary, spread, summarize } from "../sweep/summarize";
import { FROM_CACHE, summaryColumns, UNDERTRAINED } from "../sweep/summaryColumns";
import { escapeHtml } from "../text/escapeHtml";
import { formatRate, formatScore } from "../text/numbers";
import { scriptJson } from "../text/scriptJson";
import { svgImage } from "../text/svgImage";
import { trialTitle } from "../text/trialTitle";
import type { Figure } from "./figure";
import { REPORT_MARK } from "./isReport";
import { lostRowsHtml } from "./lostRowsHtml";
import { narrowed } from "./narrowed";
import { plotlySource } from "./plotlyWindow";
import { reportFacts } from "./reportFacts";

/** A figure with what stands around it on the page. */
export interface ReportFigure {
  name: string;
  figure: Figure;
  /** The static picture, shown where scripts do not run. */
  svg: string;
  caption: string;
}

/**
 * The report as one page that needs nothing beside it: Plotly is inlined, and its content policy forbids the browser to load anything
 * at all and to run any other script. Without scripts the page shows the static pictures.
 */
export function reportHtml(
  records: TrialRecord[],
  figures: ReportFigure[],
  { title, metric }: { title: string; metric?: string },
  files: { name: string; type: string; text: string }[] = [],
): string {
  const rows = summarize(records, { metric });
  const interactive = figures.map(({ name, figure }) => ({
    name,
    ...figure,
    narrow: narrowed(figure.layout),
  }));
  const scripts = [
    escapeScript(plotlySource()),
    `
for (const { name, data, layout, narrow } of ${scriptJson(interactive)}) {
  const place = document.getElementById(name);
  place.replaceChildren();
  Plotly.newPlot(place, data, place.clientWidth < 560 ? narrow : layout, { responsive: true, displaylogo: false, showSendToCloud: false });
}
`,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${REPORT_MARK}
<meta http-equiv="Content-Security-Policy" content="${policyFor(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${leadHtml(rows)}
${summaryTable(rows)}
${figures.map(figureHtml).join("\n")}
${lostRowsHtml(records, rows)}
<h2>All metrics</h2>
${metricsTable(records)}
${downloads(files)}
<h2>How it was measured</h2>
${factsTable(records)}
${scripts.map((script) => `<script>${script}</script>`).join("\n")}
</body>
</html>
`;
}

/** Nothing is loaded, nothing is sent, and no script runs but these, whatever a text on the page may try. */
function policyFor(scripts: string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src ${hashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function leadHtml(rows: DepthSummary[]): string {
  const { sentence, comparison, note } = oneStandardErrorRule(rows);
  const texts = [sentence, comparison, note].filter((text) => text !== null);
  return texts.map((text) => `<p class="lead">${escapeHtml(text)}</p>`).join("\n");
}

function figureHtml({ name, svg, caption }: ReportFigure): string {
  return `<figure>
<div id="${name}">${svgImage(svg, caption)}</div>
<figcaption>${escapeHtml(caption)}</figcaption>
</figure>`;
}

function summaryTable(rows: DepthSummary[]): string {
  const { strategy, n } = oneStandardErrorRule(rows);
  const columns = summaryColumns(rows);
  const marked = rows.some((row) => row.undertrained !== null);
  const table = tableHtml(
    [...columns.map(({ title }) => title), ...(marked ? [""] : [])],
    rows.map((row) => ({
      cells: [
        ...columns.map(({ cell }) => cell(row)),
        ...(marked ? [row.undertrained === null ? "" : "undertrained"] : []),
      ],
      recommended: row.strategy === strategy && row.n === n,
    })),
  );
  const notes = [
    ...(rows.some((row) => row.frozenFromCache) ? [`* ${FROM_CACHE}.`] : []),
    ...(marked ? [`Undertrained: ${UNDERTRAINED}.`] : []),
  ];
  return [table, ...notes.map((note) => `<p>${note}</p>`)].join("\n");
}

/** Every metric of the epochs whose weights the trials ended with, mean and standard deviation over seeds, at each rate. */
function metricsTable(records: TrialRecord[]): string {
  const valuesOf = (record: TrialRecord): Record<string, number | null> => {
    const { trainLoss, validLoss, metrics } = epochOfWeights(record);
    return { "training loss": trainLoss, "validation loss": validLoss, ...metrics };
  };
  const several = new Set(records.map(rateOf)).size > 1;
  const titleOf = (record: TrialRecord) => {
    const rate = rateOf(record);
    return trialTitle(record) + (several && rate !== null ? ` at rate ${formatRate(rate)}` : "");
  };
  const names = [...new Set(records.flatMap((record) => Object.keys(valuesOf(record))))];
  const rows = Array.from(groupBy(records, titleOf), ([title, trials]) => {
    const cells = names.map((name) => {
      const values = trials
        .map((record) => valuesOf(record)[name])
        .filter((value) => typeof value === "number");
      if (values.length === 0) return "";
      const { mean, sd } = spread(values);
      return formatScore(mean, sd);
    });
    return { cells: [title, ...cells] };
  });
  return tableHtml(["", ...names], rows);
}

function tableHtml(titles: string[], rows: { cells: string[]; recommended?: boolean }[]): string {
  const cellsHtml = (tag: "th" | "td", cells: string[]) =>
    cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("");
  const body = rows.map(
    ({ cells, recommended }) =>
      `${recommended ? '<tr class="recommended">' : "<tr>"}${cellsHtml("td", cells)}</tr>`,
  );
  return `<div class="table"><table>
<thead><tr>${cellsHtml("th", titles)}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>`;
}

/** Links that hold the files themselves, so that the page alone will do. */
function downloads(files: { name: string; type: string; text: string }[]): string {
  const links = files.map(({ name, type, text }) => {
    const source = `data:${type};charset=utf-8;base64,${Buffer.from(text).toString("base64")}`;
    return `<a download="${name}" href="${source}">${name}</a>`;
  });
  return `<p>Download: ${links.join(", ")}</p>`;
}

/** What the numbers hold for. */
function factsTable(records: TrialRecord[]): string {
  const lines = reportFacts(records).map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  return `<table class="facts">\n${lines.join("\n")}\n</table>`;
}

/**
 * A script's text as it may stand in a page: neither `</script` nor `<!--`, after which a browser reads on past the end.
 * Both occur inside strings alone, where the backslash changes nothing.
 */
function escapeScript(code: string): string {
  return code.replace(/<(?=\/script|script|!--)/gi, "\\x3C");
}

const style = `
:root { color-scheme: light dark; --text: #222; --soft: #444; --page: #fff; --line: #ddd; --marked: #e8e8e8; --accent: #0072B2; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --soft: #b8b8b8; --page: #121212; --line: #3a3a3a; --marked: #2d2d2d; --accent: #56B4E9; }
  /* White becomes the page's colour, and hues stay what they are. */
  figure > div { filter: invert(0.93) hue-rotate(180deg); }
}
body { font: 16px/1.5 Arial, Helvetica, sans-serif; color: var(--text); background: var(--page); max-width: 860px; margin: 2em auto; padding: 0 1em; }
a { color: var(--accent); }
h1 { font-size: 1.6em; overflow-wrap: anywhere; }
.lead { font-size: 1.1em; border-left: 4px solid var(--accent); padding-left: 0.8em; overflow-wrap: anywhere; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25em 0.7em; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { vertical-align: bottom; }
.recommended { font-weight: bold; background: var(--marked); }
.facts th, .facts td { text-align: left; vertical-align: top; white-space: normal; overflow-wrap: anywhere; }
.rows th, .rows td { text-align: left; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: 0.5em 0; }
summary { cursor: pointer; }
.facts th { min-width: 6em; }
figure { margin: 2em 0; break-inside: avoid; }
figure img { width: 100%; }
figcaption { font-size: 14px; color: var(--soft); }
@media (max-width: 600px) {
  body { margin: 1em auto; padding: 0 0.7em; }
  th, td { padding: 0.25em 0.4em; }
}
@media print {
  :root { --text: #222; --soft: #444; --page: #fff; --line: #ddd; --marked: #e8e8e8; --accent: #0072B2; }
  body { margin: 0; padding: 0; }
  .table, figure { zoom: 0.8; overflow: visible; }
  figure > div { filter: none; }
  .modebar { display: none; }
}
`;
