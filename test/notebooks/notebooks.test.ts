// Runs every notebook from the top in a real kernel; its cells import the kit as `npm run build` made it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { textOf } from "../notebook/Kernel";
import { joined, type KeptOutput, kept, readNotebook, repository, runNotebook } from "./runNotebook";

const folder = join(repository, "notebooks");
const files = readdirSync(folder).filter((file) => file.endsWith(".ipynb"));

/** What a reader sees of a cell: the streams it wrote to, and the forms of each thing it displayed. */
const shapeOf = (outputs: KeptOutput[]) =>
  outputs.map(({ name, data }) => name ?? Object.keys(data!).sort().join(" "));

test("There are notebooks, numbered in the order to read them in", () => {
  assert.ok(files.length > 0);
  for (const [i, file] of files.entries()) assert.match(file, new RegExp(`^0${i + 1}-[a-z-]+\\.ipynb$`));
});

for (const file of files) {
  const notebook = readNotebook(join(folder, file));
  const code = notebook.cells.filter((cell) => cell.cell_type === "code");

  test(`${file} is short, begins with its settings and their reasons, and opens in the TypeScript kernel`, () => {
    assert.deepEqual(
      [notebook.metadata.kernelspec.name, notebook.metadata.kernelspec.language],
      ["tslab", "typescript"],
    );
    assert.ok(notebook.cells.length < 15, `${notebook.cells.length} cells`);
    const settings = /const CFG = \{\n([\s\S]*?)\n\}/.exec(joined(code[0].source))?.[1].split("\n") ?? [];
    assert.ok(settings.length > 0);
    for (const line of settings) assert.match(line, /,\s+\/\/ \S/, "a reason on every line");
  });

  test(`${file} is kept with what it put out, run from the top, and small`, () => {
    assert.deepEqual(
      code.map((cell) => cell.execution_count),
      code.map((_, i) => i + 1),
    );
    for (const cell of code) assert.ok(cell.outputs!.length > 0, joined(cell.source));
    const text = readFileSync(join(folder, file), "utf8");
    assert.ok(text.length < 1e6, `${text.length} bytes`);
    assert.ok(!text.includes(repository), "no path of the machine it was made on");
  });

  test(`${file} runs from the top without an error, and puts out what it is kept with`, {
    timeout: 600_000,
  }, async () => {
    const ran = await runNotebook(notebook);
    for (const { cell, code, reply } of ran) {
      assert.equal(textOf(reply, "stderr"), "", code);
      assert.equal(reply.status, "ok", code);
      assert.deepEqual(shapeOf(reply.outputs.map(kept)), shapeOf(cell.outputs!), code);
    }
    assert.equal(ran.length, code.length);
    const forms = ran.flatMap(({ reply }) => shapeOf(reply.outputs.map(kept)));
    assert.ok(forms.includes("application/vnd.plotly.v1+json image/png text/html text/plain"), "a figure");
  });
}
