import { baseOf, formatShare } from "../sweep/againstNone";
import { FROM_CACHE, formatCount, formatDepth, formatFrozen, formatScore } from "../sweep/formatSummary";
import { oneStandardErrorRule } from "../sweep/oneStandardErrorRule";
import type { TrialRecord } from "../sweep/record";
import { type DepthSummary, summarize } from "../sweep/summarize";
import { escapeHtml } from "./escapeHtml";
import type { Figure } from "./figure";
import { metricLabel } from "./metricLabel";
import { plotlySource } from "./plotlyWindow";

/** A figure with what stands around it on the page. */
export interface ReportFigure {
  name: string;
  figure: Figure;
  /** The static picture, shown where scripts do not run. */
  svg: string;
  caption: string;
}

/**
 * The report as one page that needs nothing beside it: Plotly is inlined, and its content policy forbids the browser to
 * load anything at all. Without scripts the page shows the static pictures.
 */
export function reportHtml(
  records: TrialRecord[],
  figures: ReportFigure[],
  { title, metric }: { title: string; metric?: string },
): string {
  const rows = summarize(records, { metric });
  const interactive = figures.map(({ name, figure }) => ({ name, ...figure }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${leadHtml(rows)}
${summaryTable(rows)}
${figures.map(figureHtml).join("\n")}
<h2>How it was measured</h2>
${factsTable(records)}
<script>${escapeScript(plotlySource())}</script>
<script>
for (const { name, data, layout } of ${escapeScript(JSON.stringify(interactive))}) {
  const place = document.getElementById(name);
  place.replaceChildren();
  Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false, showSendToCloud: false });
}
</script>
</body>
</html>
`;
}

function leadHtml(rows: DepthSummary[]): string {
  const { sentence, comparison } = oneStandardErrorRule(rows);
  const texts = comparison === null ? [sentence] : [sentence, comparison];
  return texts.map((text) => `<p class="lead">${escapeHtml(text)}</p>`).join("\n");
}

function figureHtml({ name, svg, caption }: ReportFigure): string {
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return `<figure>
<div id="${name}"><img src="${source}" alt="${escapeHtml(caption)}"></div>
<figcaption>${escapeHtml(caption)}</figcaption>
</figure>`;
}

function summaryTable(rows: DepthSummary[]): string {
  const { strategy, n } = oneStandardErrorRule(rows);
  const base = baseOf(rows);
  const shareOfNone = (value: (row: DepthSummary) => number): [string, (row: DepthSummary) => string][] =>
    base ? [["of none", (row) => formatShare(value(row), value(base))]] : [];
  const columns: [string, (row: DepthSummary) => string][] = [
    ["N", formatDepth],
    [`${metricLabel(rows[0].metric)} ± sd`, (row) => formatScore(row.score)],
    ["Seeds", (row) => String(row.seeds)],
    ["Epoch (s)", (row) => row.secondsPerEpoch.toFixed(2)],
    ["Frozen pass (s)", (row) => formatFrozen(row, rows)],
    ["Whole trial (s)", (row) => row.totalSeconds.toFixed(2)],
    ...shareOfNone((row) => row.totalSeconds),
    ["Peak tensors (MB)", (row) => (row.peakTensorBytes / 1e6).toFixed(1)],
    ...shareOfNone((row) => row.peakTensorBytes),
    ["Trainable parameters", (row) => formatCount(row.trainableParameters)],
  ];
  if (rows.some((row) => row.strategy !== strategy)) columns.unshift(["Strategy", (row) => row.strategy]);
  const body = rows.map((row) => {
    const start = row.strategy === strategy && row.n === n ? '<tr class="recommended">' : "<tr>";
    return `${start}${columns.map(([, cell]) => `<td>${escapeHtml(cell(row))}</td>`).join("")}</tr>`;
  });
  return `<div class="table"><table>
<thead><tr>${columns.map(([title]) => `<th>${escapeHtml(title)}</th>`).join("")}</tr></thead>
<tbody>
${body.join("\n")}
</tbody>
</table></div>${rows.some((row) => row.frozenFromCache) ? `\n<p>* ${FROM_CACHE}.</p>` : ""}`;
}

/** What the numbers hold for. A fact on which the trials differ shows every value it took. */
function factsTable(records: TrialRecord[]): string {
  const versions = [...new Set(records.flatMap((record) => Object.keys(record.versions)))];
  const facts: [string, (record: TrialRecord) => unknown][] = [
    ["Engine", ({ engine, engineReason }) => engine + (engineReason ? ` (${engineReason})` : "")],
    ["Precision", (record) => record.precision],
    ["Seeds", (record) => record.seed],
    ["Epochs", (record) => record.epochs.length],
    ["Training rows", (record) => formatCount(record.trainRows)],
    ["Validation rows", (record) => formatCount(record.validRows)],
    ["Parameters", (record) => formatCount(record.totalParameters)],
    ["Model", (record) => record.modelHash],
    ["Data", (record) => record.dataHash],
    ...versions.map((name): [string, (record: TrialRecord) => unknown] => [
      name,
      ({ versions }) => versions[name],
    ]),
  ];
  const lines = facts.map(([name, fact]) => {
    const values = [...new Set(records.map(fact))].filter((value) => value !== undefined);
    return `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(values.join(", "))}</td></tr>`;
  });
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
body { font: 16px/1.5 Arial, Helvetica, sans-serif; color: #222; max-width: 860px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; overflow-wrap: anywhere; }
.lead { font-size: 1.1em; border-left: 4px solid #0072B2; padding-left: 0.8em; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25em 0.7em; border-bottom: 1px solid #ddd; text-align: right; white-space: nowrap; }
th { vertical-align: bottom; }
.recommended { font-weight: bold; background: #e8e8e8; }
.facts th, .facts td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
figure { margin: 2em 0; break-inside: avoid; overflow-x: auto; }
figure > div { min-width: 640px; }
figure img { width: 100%; }
figcaption { font-size: 14px; color: #444; }
@media print {
  body { margin: 0; padding: 0; }
  .table, figure { zoom: 0.8; overflow: visible; }
  .modebar { display: none; }
}
`;
