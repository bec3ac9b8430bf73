import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root, textOf } from "./blocks";

/** Names in these are macros of C++, or read by others. */
const NOT_VARIABLES = new Set(["FROSTKIT_ISA", "FROSTKIT_SHUFFLE", "FROSTKIT_SOURCES"]);

const filesIn = (folder: string, ending: RegExp): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name) && !/^(fixtures|bench[\\/]results)[\\/]/.test(name))
    .map((name) => readFileSync(join(root, folder, name), "utf8"));

test("docs/environment.md names every variable of the kit's and of Hugging Face's that the code reads, and no other", () => {
  const texts = [
    ...filesIn("src", /\.(ts|cc|h|mjs)$/),
    ...filesIn("test", /\.(ts|py|mjs)$/),
    ...filesIn("notebooks", /\.py$/),
    ...filesIn(".ci", /./),
  ];
  const own = texts.flatMap((text) => [...text.matchAll(/\bFROSTKIT_[A-Z_]+\b/g)].map(([name]) => name));
  const hub = filesIn("src", /\.ts$/).flatMap((text) =>
    [...text.matchAll(/\b(?:HF|HUGGING_?FACE|TRANSFORMERS)_[A-Z_]+\b/g)].map(([name]) => name),
  );
  const read = [...new Set([...own, ...hub])].filter((name) => !NOT_VARIABLES.has(name)).sort();
  const told = [
    ...new Set(
      [
        ...textOf("docs/environment.md").matchAll(/`((?:FROSTKIT|HF|HUGGING_?FACE|TRANSFORMERS)_[A-Z_]+)`/g),
      ].map(([, name]) => name),
    ),
  ].sort();
  assert.ok(read.length > 10);
  assert.deepEqual(told, read);
});

test("docs/environment.md names every other variable that src/ reads from the environment", () => {
  const page = textOf("docs/environment.md");
  const reads = filesIn("src", /\.ts$/).flatMap((text) => [
    ...[...text.matchAll(/\benv\.([A-Z][A-Z_]+)\b/g)].map(([, name]) => name),
    ...[...text.matchAll(/\{([^{}]*)\} = process\.env/g)].flatMap(([, names]) =>
      names.split(",").flatMap((name) => /^\s*([A-Z][A-Z_]+)/.exec(name)?.[1] ?? []),
    ),
  ]);
  assert.ok(reads.includes("CXX") && reads.includes("XDG_CACHE_HOME"));
  const untold = [...new Set(reads)].filter((name) => name !== "PATH" && !page.includes(`\`${name}\``));
  assert.deepEqual(untold, []);
});
