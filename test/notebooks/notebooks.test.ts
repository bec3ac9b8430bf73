// Runs every notebook from the top in a real kernel; its cells import the kit as `npm run build` made it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { enginesHere } from "../enginesHere";
import { textOf } from "../notebook/Kernel";
import {
  isPython,
  joined,
  type KeptOutput,
  kept,
  readNotebook,
  repository,
  runNotebook,
  whyNotRun,
} from "./runNotebook";
import { withSettings } from "./withSettings";

const folder = join(repository, "notebooks");
const files = readdirSync(folder).filter((file) => file.endsWith(".ipynb"));

const FIGURE = "application/vnd.plotly.v1+json image/png text/html text/plain";

/** What a reader sees of a cell: the streams it wrote to, in however many messages, and the forms of each thing it displayed. */
const shapeOf = (outputs: KeptOutput[]) =>
  outputs
    .filter(({ name }, i) => name === undefined || name !== outputs[i - 1]?.name)
    .map(({ name, data }) => name ?? Object.keys(data!).sort().join(" "));

/** Fewer rows and epochs than a reader has: what is run is the same, in seconds. */
const SHORT: Record<string, Record<string, string>> = {
  "02-fine-tune.ipynb": { epochs: "1" },
  "03-freeze-sweep.ipynb": { validRows: "108", depths: "[-1, 4, 6]", epochs: "1" },
  "04-competition.ipynb": {
    ...{ folds: "2", freezeLayers: "[6]", epochs: "1", pseudoLabels: "20" },
    adversarial: '{ name: "awp" }',
  },
  "05-strategies.ipynb": { trainRows: "120", validRows: "60", depths: "[-1, 4]" },
  "06-kaggle.ipynb": { rows: "120", epochs: "1" },
};

/** On few rows as well these take minutes without TensorFlow; the others run there too. */
const tooSlow = (file: string) =>
  /^0[45]-/.test(file) &&
  enginesHere().tensorflow.why !== null &&
  "it trains for minutes without TensorFlow, which is not linked here";

test("There are notebooks, each with a number of its own, in the order to read them in", () => {
  assert.ok(files.length > 0);
  for (const file of files) assert.match(file, /^0\d-[a-z-]+\.ipynb$/);
  assert.equal(new Set(files.map((file) => file.slice(0, 2))).size, files.length);
});

for (const file of files) {
  const notebook = readNotebook(join(folder, file));
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  const figures = cells
    .flatMap((cell) => cell.outputs ?? [])
    .map(({ data = {} }) => data)
    .filter((data) => "application/vnd.plotly.v1+json" in data);

  test(`${file} is short, begins with its settings and their reasons, and opens in its kernel`, () => {
    const { name, language } = notebook.metadata.kernelspec;
    assert.deepEqual(
      [name, language],
      isPython(notebook) ? ["python3", "python"] : ["frostkit", "typescript"],
    );
    assert.ok(notebook.cells.length < 15, `${notebook.cells.length} cells`);
    const settings =
      /CFG = (?:\{|dict\()\n([\s\S]*?)\n[})]/.exec(joined(cells[0].source))?.[1].split("\n") ?? [];
    assert.ok(settings.length > 0);
    for (const line of settings) assert.match(line, /,\s+(\/\/|#) \S/, "a reason on every line");
  });

  test(`${file} is kept with what it put out, run from the top, and small`, () => {
    assert.deepEqual(
      cells.map((cell) => cell.execution_count),
      cells.map((_, i) => i + 1),
    );
    for (const cell of cells) assert.ok(cell.outputs!.length > 0, joined(cell.source));
    const text = readFileSync(join(folder, file), "utf8");
    assert.ok(text.length < 1e6, `${text.length} bytes`);
    assert.ok(!text.includes(repository), "no path of the machine it was made on");
  });

  test(`${file} has a picture in every figure, for viewers such as GitHub's and VS Code's that run no script`, {
    skip: figures.length === 0 && "it draws none",
  }, () => {
    for (const data of figures) {
      const png = Buffer.from(joined(data["image/png"] as string | string[]), "base64");
      assert.equal(png.subarray(1, 4).toString("latin1"), "PNG");
      const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]; // of its first chunk
      assert.ok(width >= 600 && height >= 400, `${width} x ${height}`);
    }
    const shown = figures.map((data) => JSON.stringify(data["application/vnd.plotly.v1+json"]));
    assert.equal(new Set(shown).size, shown.length, "no figure stands there twice");
  });

  test(`${file} runs from the top without an error, on few rows, and puts out what it is kept with`, {
    timeout: 600_000,
    skip: whyNotRun(notebook) || tooSlow(file),
  }, async () => {
    const ran = await runNotebook(withSettings(notebook, SHORT[file] ?? {}));
    for (const [i, { code, reply }] of ran.entries()) {
      assert.equal(textOf(reply, "stderr"), "", code);
      assert.equal(reply.status, "ok", code);
      assert.deepEqual(shapeOf(reply.outputs.map(kept)), shapeOf(cells[i].outputs!), code);
      const shown = shapeOf(reply.outputs.map(kept)).filter((forms) => forms === FIGURE).length;
      assert.equal(shown, code.match(/show\(\w+Figure\(/g)?.length ?? 0, code);
    }
    assert.equal(ran.length, cells.length);
  });
}
