// Which room of src may know of which: from the ground up, each imports from those above it in this list alone.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { before, describe, it } from "node:test";
import { importsOf, parse, type Syntax } from "./syntax";

const src = join(__dirname, "..", "src");

/** Folders, and files that lie in src itself. */
const ROOMS = [
  ...["freeze.ts", "errors.ts", "version.ts", "kitHash.ts", "offline.ts"],
  ...["check.ts", "random.ts", "extremes.ts", "text", "files", "options", "layersModel.ts"],
  ...["packages", "engine", "ops", "nn", "models", "checkpoint", "data"],
  ...["fit", "training", "probe", "recipes", "sweep", "search"],
  ...["onnx", "report", "notebook", "cli"],
  "index.ts",
];

const roomOf = (file: string): string => relative(src, file).split("/")[0];

describe("The rooms of src", () => {
  let { ast, files } = {} as Syntax;
  before(async () => {
    ({ ast, files } = await parse(
      readdirSync(src, { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts"))
        .map((file) => join(src, file)),
    ));
  });

  /** Each import of one room's file from another's, types included. */
  const crossings = () =>
    [...files].flatMap(([file, source]) =>
      importsOf(ast, source)
        .filter((from) => from.startsWith("."))
        .map((from) => resolve(dirname(file), from))
        .map((to) => ({ file, to: files.has(`${to}.ts`) ? `${to}.ts` : to }))
        .filter(({ file, to }) => roomOf(file) !== roomOf(to)),
    );
  const told = (found: { file: string; to: string }[]) =>
    found.map(({ file, to }) => `${relative(src, file)} imports ${relative(src, to)}`);

  it("are these, and no other", () => {
    assert.deepEqual([...new Set([...files.keys()].map(roomOf))].sort(), [...ROOMS].sort());
  });

  it("import from the ground up alone, types included", () => {
    assert.ok(crossings().length > 500, "the imports were read");
    const up = crossings().filter(
      ({ file, to }) => !(ROOMS.indexOf(roomOf(to)) < ROOMS.indexOf(roomOf(file))),
    );
    assert.deepEqual(told(up), []);
  });

  it("have a dataset answer by itself: data knows of no model, though models stand above it", () => {
    const found = crossings().filter(({ file, to }) => roomOf(file) === "data" && roomOf(to) === "models");
    assert.deepEqual(told(found), []);
  });

  it("reach a file of another room by its path, so that nothing escapes this test", () => {
    const lost = crossings().filter(({ to }) => !files.has(to) && !to.endsWith("package.json"));
    assert.deepEqual(told(lost), []);
  });

  it("have freeze.ts for one that imports nothing, so that it can be pasted into a cell", () => {
    assert.deepEqual(importsOf(ast, files.get(join(src, "freeze.ts"))!), []);
  });

  it("are seen from outside through index.ts, which re-exports and does nothing else", () => {
    const index = files.get(join(src, "index.ts"))!;
    assert.ok(index.statements.length > 0);
    for (const statement of index.statements) {
      const effect = ast.isImportDeclaration(statement) && statement.importClause === undefined;
      const exported = ast.isExportDeclaration(statement) && statement.moduleSpecifier !== undefined;
      assert.ok(effect || exported, statement.getText(index));
    }
  });
});
