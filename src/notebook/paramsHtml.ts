import type { ParamRow, ParamTable } from "../freeze";
import { escapeHtml } from "./escapeHtml";

/**
 * Parameters as an HTML table with the frozen rows marked by word and colour, and a box to search by part of a name. The rows of
 * a block can be folded away, and are where the table is long. Without scripts (an untrusted notebook) all but the search works.
 */
export function paramsHtml(table: ParamTable): string {
  const groups = groupByBlock(table);
  const open = groups.length === 1 || table.length <= LONG;
  const totals = table.toString().split("\n").at(-1)!;
  return `<div class="frostkit-params">
<style>${style}</style>
<input type="search" placeholder="part of a name" aria-label="search by part of a name" oninput="${escapeHtml(search)}">
<table>${columns}<thead><tr><th>name</th><th>shape</th><th>size</th><th>requiresGrad</th></tr></thead></table>
${groups.map((group) => groupHtml(group, open)).join("\n")}
<p>${escapeHtml(totals)}</p>
</div>`;
}

/** As many rows as one looks at without scrolling far. */
const LONG = 40;

interface Group {
  /** The name's part up to the block's number; null for what stands in no block. */
  block: string | null;
  rows: ParamRow[];
}

/** Neighbours of the same block: "bert.encoder.layer.0" in BERT's names, "layer1" in ResNet's. */
function groupByBlock(table: ParamTable): Group[] {
  const groups: Group[] = [];
  for (const row of table) {
    const block = /^(?:[^.]+\.)*?[^.]*\d(?=\.)/.exec(row.name)?.[0] ?? null;
    if (groups.length === 0 || groups.at(-1)!.block !== block) groups.push({ block, rows: [] });
    groups.at(-1)!.rows.push(row);
  }
  return groups;
}

function groupHtml({ block, rows }: Group, open: boolean): string {
  const table = `<table>${columns}<tbody>\n${rows.map(rowHtml).join("\n")}\n</tbody></table>`;
  if (block === null) return table;
  const size = rows.reduce((sum, row) => sum + row.size, 0);
  const tensors = `${rows.length} tensor${rows.length === 1 ? "" : "s"}, ${count(size)}`;
  const title = `<b>${escapeHtml(block)}</b> (${tensors}): ${stateOf(rows)}`;
  return `<details${open ? ' open class="open"' : ""}><summary>${title}</summary>${table}</details>`;
}

function stateOf(rows: ParamRow[]): string {
  const frozen = rows.filter((row) => !row.requiresGrad).length;
  if (frozen === 0) return "trainable";
  return frozen === rows.length ? "❄ frozen" : `❄ ${frozen} of ${rows.length} frozen`;
}

function rowHtml({ name, shape, size, requiresGrad, tiedTo }: ParamRow): string {
  const tied = tiedTo === undefined ? "" : `, tied to ${escapeHtml(tiedTo)}`;
  // Of styles, the row's own is the one that an untrusted notebook keeps.
  const start = requiresGrad ? "<tr>" : '<tr style="background-color: rgba(86, 180, 233, 0.25)">';
  const cells = [escapeHtml(name), `[${shape.join(", ")}]`, count(size)].map((cell) => `<td>${cell}</td>`);
  return `${start}${cells.join("")}<td>${requiresGrad ? "true" : "❄ false"}${tied}</td></tr>`;
}

const count = (size: number): string => size.toLocaleString("en-US");

// One width in all tables of a page, so that they read as one table.
const columns = ["56%", "16%", "12%", "16%"].map((width) => `<col width="${width}">`).join("");

/** Runs when something is typed: hides rows whose names do not hold it, and blocks without a row left. */
const search = `
const wanted = this.value.trim().toLowerCase();
const params = this.closest('.frostkit-params');
for (const row of params.querySelectorAll('tbody tr'))
  row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
for (const block of params.querySelectorAll('details')) {
  block.hidden = !block.querySelector('tbody tr:not([hidden])');
  block.open = wanted !== '' || block.classList.contains('open');
}`;

const style = `
.frostkit-params { max-width: 60em; }
.frostkit-params table { width: 100%; table-layout: fixed; margin: 0; border-collapse: collapse; font-size: 13px; }
.frostkit-params table :is(th, td) { padding: 2px 8px; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.frostkit-params table :is(th, td):nth-child(3) { text-align: right; }
.frostkit-params summary { cursor: pointer; padding: 2px 0; font-size: 13px; }
.frostkit-params p { font-size: 13px; margin: 0.5em 0 0; }
`;
