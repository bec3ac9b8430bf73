import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { spelledOut } from "../../src/notebook/spelledOut";
import type { TypeScript } from "../../src/notebook/tslab";

const ts = createRequire(require.resolve("tslab"))("@tslab/typescript-for-tslab") as TypeScript;

test("A name for a property and its value is said twice, one that is renamed is quoted, the rest is left alone", () => {
  const cases: [string, string][] = [
    ["fit(model, { train, valid });", "fit(model, { train: train, valid: valid });"],
    ["const a = {b,c: {d}, ...e, f() {}}", "const a = {b: b,c: {d: d}, ...e, f() {}}"],
    ["({ a, b = 2 } = c);", "({ a: a, b: b = 2 } = c);"],
    ["const { a, b } = c;", "const { a, b } = c;"],
    [
      "const { a: b, c: { d: e }, ['f']: g, ...h } = i;",
      'const { "a": b, "c": { "d": e }, [\'f\']: g, ...h } = i;',
    ],
    [
      "rows.map(({ n: N = 1, seed }) => ({ N, seed }))",
      'rows.map(({ "n": N = 1, seed }) => ({ N: N, seed: seed }))',
    ],
    [
      'import { show } from "frostkit"; export { show };',
      'import { show } from "frostkit"; export { show };',
    ],
    [
      'const s = "{ a }"; // { a }\nf({ /* first */ a, // last\n});',
      'const s = "{ a }"; // { a }\nf({ /* first */ a: a, // last\n});',
    ],
    ["await f<{ a: number }>({ a } as const)", "await f<{ a: number }>({ a: a } as const)"],
    ["", ""],
  ];
  for (const [short, long] of cases) assert.equal(spelledOut(short, ts).code, long);
});

test("Code that does not parse comes back as it was, so that tslab says what is wrong with it", () => {
  for (const code of ["const = {", "f({ a: })", "}{"]) assert.equal(spelledOut(code, ts).code, code);
});

test("A place in the spelled out code is told by where it stands in the cell as it was typed", () => {
  const typed = "const pair = { a, b: c };\nfit({ a }).foo;";
  const spelled = spelledOut(typed, ts);
  for (const part of ["const", "b: c", "fit", ".foo"])
    assert.equal(spelled.typed(spelled.code.indexOf(part)), typed.indexOf(part), part);
  assert.equal(spelled.typed(spelled.code.indexOf("a: a") + 3), typed.indexOf("a, b"), "in what was added");
  assert.equal(spelled.typed(spelled.code.length), typed.length);
});
