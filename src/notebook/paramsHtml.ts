import type { ParamRow, ParamTable } from "../freeze";
import { escapeHtml } from "../text/escapeHtml";
import { formatCount, formatMany } from "../text/numbers";

/**
 * Parameters as an HTML table with the frozen rows marked by word and colour, and a box to search by part of a name. The rows of
 * a block can be folded away, and are where the table is long. Without scripts (an untrusted notebook) all but the search works.
 */
export function paramsHtml(table: ParamTable): string {
  const groups = groupByBlock(table);
  const open = groups.length === 1 || table.length <= LONG;
  const totals = table.toString().split("\n").at(-1)!;
  return `<div class="frostkit-params" style="max-width: 900px; font-size: 13px">
<input type="search" placeholder="part of a name" aria-label="search by part of a name" oninput="${escapeHtml(search)}">
${tableStart}<thead><tr><th ${leftAligned}>name</th><th>shape</th><th>size</th><th>requiresGrad</th></tr></thead></table>
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
  const table = `${tableStart}<tbody>\n${rows.map(rowHtml).join("\n")}\n</tbody></table>`;
  if (block === null) return table;
  const size = rows.reduce((sum, row) => sum + row.size, 0);
  const tensors = `${formatMany(rows.length, "tensor")}, ${formatCount(size)}`;
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
  const start = requiresGrad ? "<tr>" : '<tr style="background-color: rgba(86, 180, 233, 0.25)">';
  const cells = [`[${shape.join(", ")}]`, formatCount(size), (requiresGrad ? "true" : "❄ false") + tied];
  return `${start}<td ${leftAligned}>${escapeHtml(name)}</td>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`;
}

// Elements' own styles are all that an untrusted notebook keeps, and stand above JupyterLab's.
const leftAligned = 'style="text-align: left; overflow-wrap: anywhere"';
// One width for a column in all tables, so that they read as one.
const tableStart = `<table style="width: 100%; table-layout: fixed; margin: 0">${["56%", "16%", "12%", "16%"].map((width) => `<col width="${width}">`).join("")}`;

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
