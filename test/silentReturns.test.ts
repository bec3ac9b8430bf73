// A test that cannot run on a machine or an engine is skipped aloud: no test's own function returns before its end in silence.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { type Ast, parse, walk } from "./syntax";

/** What declares a test, or runs a part of one at once. */
const CALLS = /^(test|it|before|beforeEach|onModel|(\w+\.)?(test|it|only|onModel|tidy|forEach))$/;

/** Where a function that is handed to one of these returns nothing, with what the line says. */
function silentReturns(ast: typeof Ast, file: Ast.SourceFile): string[] {
  const found: string[] = [];
  walk(file, (node) => {
    if (!ast.isReturnStatement(node) || node.expression !== undefined) return;
    let { parent } = node as Ast.Node;
    while (!isFunction(ast, parent)) parent = parent.parent;
    const call = parent.parent;
    if (!ast.isCallExpression(call)) return;
    if (CALLS.test(call.expression.getText(file))) found.push(lineAt(file, node));
  });
  return found;
}

const isFunction = (ast: typeof Ast, node: Ast.Node): boolean =>
  ast.isArrowFunction(node) ||
  ast.isFunctionExpression(node) ||
  ast.isFunctionDeclaration(node) ||
  ast.isMethodDeclaration(node) ||
  ast.isConstructorDeclaration(node) ||
  ast.isGetAccessorDeclaration(node) ||
  ast.isSetAccessorDeclaration(node);

/** "31: if (!rows) return;" */
function lineAt(file: Ast.SourceFile, node: Ast.Node): string {
  const before = file.text.slice(0, node.end).split("\n");
  return `${before.length}: ${file.text.split("\n")[before.length - 1].trim()}`;
}

const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => join(__dirname, file));

test("No test returns before its end without t.skip(reason)", async () => {
  const { ast, files: trees } = await parse(files);
  const found = [...trees].flatMap(([path, tree]) =>
    silentReturns(ast, tree).map((line) => `${relative(__dirname, path)}:${line}`),
  );
  assert.deepEqual(found, []);
});

test("No test is skipped without a reason", () => {
  const found = files.filter((file) =>
    /\bskip: true\b|\.skip\(\)|\b(test|it|describe)\.skip\(/.test(readFileSync(file, "utf8")),
  );
  assert.deepEqual(
    found.filter((file) => file !== __filename),
    [],
  );
});
