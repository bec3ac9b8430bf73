// Strangers' texts in a notebook: a table, a checkpoint and recipes whose texts, labels, columns, files and names would run as a script,
// steer a terminal or turn a line around go through each output that a notebook has, and JupyterLab and a page of nbconvert's show them
// in a real browser. One notebook, one browser.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { writeTinyModel } from "../tinyInputs";
import { python } from "./inJupyter";
import { JupyterLab, noJupyterLab, servePlotly } from "./JupyterLab";
import { repository } from "./runNotebook";

mkdirSync(join(repository, "runs"), { recursive: true });
// Below the repository, where "frostkit" is found.
const folder = mkdtempSync(join(repository, "runs", "hostile-"));
after(() => rmSync(folder, { recursive: true }));

/** What would set `window.ran` where a text is taken for markup, for an address, or for a part of a script. */
const MARKUP = [
  "<script>window.ran = 'script'</script>",
  "</script><script>window.ran = 'closed'</script>",
  `<img src=x onerror="window.ran = 'handler'">`,
  `"><svg onload="window.ran = 'svg'">`,
  `<a href="javascript:window.ran = 'link'">a</a>`,
  "javascript:window.ran = 'address'",
  "' onmouseover='window.ran = 1' x='",
  `<iframe srcdoc="<script>parent.ran = 'frame'</script>"></iframe>`,
  "--></title></style></textarea><plaintext>",
];

/** What would clear a terminal, name its window, or show a line the other way round. */
const CODES = [
  "\u001b[2J\u001b]0;title\u0007\u009b31mred",
  "\u202etfel ot thgir\u2066\u200f",
  "\u0000\u0001\u2028\u007f",
];

const HOSTILE = [...MARKUP, ...CODES];

/** What may be the name of a file or folder: no slash and no zero. */
const NAMES = HOSTILE.map((text) => text.replaceAll(/[/\0]/g, "")).filter((text) => text !== "");
const TEXTS = `texts ${NAMES[2]}.csv`;
const MODEL = `model ${NAMES[2]}`;
const COLUMNS = { text: MARKUP[2], label: `${CODES[0]}${MARKUP[0]}` };

/** As it is written in a cell: TypeScript takes these two for the ends of lines. */
const literal = (value: unknown) =>
  JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

const cell = (text: unknown) => `"${String(text).replaceAll('"', '""')}"`;

function writeInputs(): void {
  writeTinyModel(join(folder, MODEL));
  for (const [file, rows] of [
    [TEXTS, 36],
    [`valid ${TEXTS}`, 24],
  ] as const) {
    const lines = Array.from({ length: rows }, (_, i) =>
      [`${i} good ${HOSTILE[i % HOSTILE.length]}`, `${HOSTILE[i % 3]}${CODES[i % 3]}`].map(cell).join(","),
    );
    writeFileSync(
      join(folder, file),
      `${[cell(COLUMNS.text), cell(COLUMNS.label)].join(",")}\n${lines.join("\n")}\n`,
    );
  }
}

const CELLS = [
  `import {
  accuracyFigure, AutoModelForSequenceClassification, confusionMatrix, confusionMatrixFigure, epochsFigure, fineTune, freezeSweep,
  freezeWhere, listParams, loadTokenizer, memoryFigure, predict, readTable, searchDepth, searchFigure, secondsFigure, show,
  textDataset, tokenize, useEngine, watch, worstMistakes, writeReport,
} from "frostkit";
const hostile: string[] = ${literal(HOSTILE)};
const columns = ${literal(COLUMNS)};
await useEngine("onnxruntime");
const read = await readTable(${literal(TEXTS)});
const rows = textDataset(read, columns);
const model = await AutoModelForSequenceClassification.fromPretrained(${literal(MODEL)}, { classes: rows.labels.classes });
const tokenizer = await loadTokenizer(${literal(MODEL)});
const train = await tokenize(rows, tokenizer);
const valid = await tokenize(textDataset(await readTable(${literal(`valid ${TEXTS}`)}), columns), tokenizer);`,
  "await show(hostile.map((text, i) => ({ [columns.text]: text, [columns.label]: i, __proto__: null })) as never);",
  `// What a hostile checkpoint's names would be.
const renamed = {
  namedParameters: () => hostile.map((text, i) => [text + ".weight", { requiresGrad: i % 2 === 0, shape: [i + 1, 2], size: 2 * i + 2 }]),
};
const table = listParams(renamed as never);
console.log(String(table));
await show(table);`,
  "await watch(fineTune(model, { train, valid }, { epochs: 1, batchSize: 8 }));",
  `const strategies = hostile.slice(0, 4).map((name) => ({ recipe: "bitFit" as const, name }));
const about = { [hostile[0]]: hostile[1], model: hostile[2], command: hostile.join(" ") };
const sweep = await watch(freezeSweep(model, { train, valid }, { n: [-1, 2], strategies, epochs: 2, batchSize: 8, out: "sweep", about }));
const { records } = sweep;`,
  `const found = await watch(searchDepth(${literal(MODEL)}, { train, valid }, { epochs: 1, batchSize: 8, out: "search", about }));
console.log(found.sentence);`,
  "await show(accuracyFigure(records)); await show(secondsFigure(records)); await show(memoryFigure(records));",
  "await show(epochsFigure(records)); await show(searchFigure(found));",
  `const said = await predict(model, valid);
await show(worstMistakes(rows, await predict(model, train)));
await show(confusionMatrixFigure(confusionMatrix(valid.labels, said)));`,
  "records",
  `await writeReport(records, "report", { title: hostile.join(" ") });
const wrong: (() => unknown)[] = [
  () => textDataset(read, { text: hostile[1] }),
  () => freezeWhere(model, hostile[0]),
  () => fineTune(model, { train }, { [hostile[2]]: 1 } as never),
  () => loadTokenizer(hostile[2]),
];
for (const each of wrong)
  try { await each(); throw new Error("it was taken"); } catch (error) { console.error((error as Error).message); }`,
  "await readTable(hostile[2] + hostile[9] + '.csv');",
];

/** Cells that print lines, and show no table: in one, a text that runs the other way keeps to its field. */
const PRINTED = [0, 3, 5, 10, 11];

/** Elements that came of a text: none of them is the kit's, Jupyter's or Plotly's own. */
const CAME_OF_TEXT = `[...document.querySelectorAll("*")].filter((each) =>
  each.localName === "plaintext" || each.localName === "iframe" && /ran/.test(each.srcdoc) ||
  each.localName === "img" && each.getAttribute("src") === "x" ||
  each.localName === "script" && /^\\s*window\\.ran/.test(each.textContent) ||
  [...each.attributes].some(({ name, value }) => /^on/i.test(name) && /ran =/.test(value) || /^\\s*javascript:/i.test(value)),
).map((each) => each.outerHTML.slice(0, 200)).join("\\n")`;

/** Hover labels are made of the names only when the pointer comes. */
async function hoverAll(page: Page): Promise<number> {
  const points = page.locator(".js-plotly-plot").locator(".points path, .bars path, .shapelayer path");
  const count = await points.count();
  for (let i = 0; i < count; i += Math.ceil(count / 24))
    await points
      .nth(i)
      .hover({ force: true, timeout: 2000 })
      .catch(() => {});
  return count;
}

async function assertNothingRan(page: Page, dialogs: string[]): Promise<void> {
  assert.equal(await page.evaluate("window.ran"), undefined);
  assert.equal(await page.evaluate(CAME_OF_TEXT), "");
  assert.deepEqual(dialogs, []);
}

test("Nothing of a stranger's texts runs in a notebook, which shows each as the text that it is", {
  skip: noJupyterLab,
  timeout: 600_000,
}, async () => {
  writeInputs();
  const cells = CELLS.map((source, i) => ({
    ...{ cell_type: "code", id: `cell-${i}`, metadata: {}, source, outputs: [], execution_count: null },
  }));
  const kernelspec = { name: "frostkit", display_name: "TypeScript (frostkit)", language: "typescript" };
  const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(join(folder, "hostile.ipynb"), JSON.stringify(notebook));
  const lab = await JupyterLab.start(folder);
  try {
    const page = await lab.open("hostile.ipynb");
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.getByRole("menuitem", { name: "Run", exact: true }).click();
    await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
    const prompts = page.locator(".jp-CodeCell .jp-InputPrompt");
    // A cell that fails ends the run; those below it are left as they are.
    await prompts.filter({ hasText: "[*]" }).first().waitFor();
    while ((await prompts.filter({ hasText: "[*]" }).count()) > 0) await page.waitForTimeout(200);
    const outputsOf = (i: number) => page.locator(".jp-CodeCell").nth(i).locator(".jp-OutputArea-output");
    const said = await Promise.all(
      CELLS.map(async (_, i) => (await outputsOf(i).allInnerTexts()).join("\n")),
    );
    assert.deepEqual(
      await prompts.allInnerTexts(),
      CELLS.map((_, i) => `[${i + 1}]:`),
      said.join("\n-----\n"),
    );
    const figures = page.locator(".js-plotly-plot");
    await figures.nth(5).waitFor();
    assert.equal(await figures.count(), 6);
    assert.ok((await hoverAll(page)) > 20);
    await assertNothingRan(page, dialogs);

    // Plain text in the rows, in the table of parameters and beside it; names of trials in the sweep's view and in its table.
    for (const text of MARKUP) {
      assert.ok(said[1].includes(text), `${text} in\n${said[1]}`);
      assert.equal(said[2].split(`${text}.weight`).length - 1, 2, said[2]);
    }
    for (const text of MARKUP.slice(0, 4)) for (const i of [4, 9]) assert.ok(said[i].includes(text), said[i]);
    for (const text of MARKUP.slice(0, 3)) assert.ok(said[8].includes(text), said[8]);
    // Names of columns, parameters, options and folders in errors: the first three in quotes.
    for (const text of [MARKUP[1], MARKUP[0], MARKUP[2]])
      assert.ok(said[10].includes(JSON.stringify(text).slice(1, -1)) || said[10].includes(text), said[10]);
    assert.ok(said[10].includes(`${MARKUP[2]}: expected a model's folder`), said[10]);
    assert.match(said[11], /<img src=x onerror="window\.ran = 'handler'">\\x1b\[2J.*\.csv: cannot be read /s);
    // No code reaches what a terminal would obey, and no line that was printed is turned around.
    for (const [i, text] of said.entries()) {
      const codes = ["\u001b", "\u009b", "\u0007", ...(PRINTED.includes(i) ? ["\u202e", "\u2066"] : [])];
      assert.ok(!codes.some((code) => text.includes(code)), `cell ${i + 1}: ${JSON.stringify(text)}`);
    }
    // The page around the outputs is whole.
    assert.equal(await page.title().then((title) => /hostile|JupyterLab/.test(title)), true);
    assert.ok(await page.getByRole("menuitem", { name: "Run", exact: true }).isVisible());

    await page.keyboard.press("Control+s");
    await page.locator(".jp-mod-dirty").waitFor({ state: "detached" });
    execFileSync(python, ["-m", "nbconvert", "--to", "html", "hostile.ipynb"], {
      cwd: folder,
      stdio: "pipe",
    });
    for (const file of ["hostile.html", "report/report.html"]) {
      const other = await page.context().newPage();
      other.on("dialog", (dialog) => dialogs.push(dialog.message()));
      await servePlotly(other);
      await other.goto(pathToFileURL(join(folder, file)).href);
      await other.locator(".main-svg").nth(5).waitFor({ state: "attached" });
      assert.ok((await hoverAll(other)) > 0);
      await assertNothingRan(other, dialogs);
      const shown = await other.locator("body").innerText();
      for (const text of MARKUP.slice(0, 4)) assert.ok(shown.includes(text), `${file}: ${text}`);
      await other.close();
    }
  } finally {
    await lab.close();
  }
});
