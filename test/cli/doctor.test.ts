import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINES } from "../../src/engine/useEngine";
import { version } from "../../src/version";
import { frostkit } from "./frostkit";

test("doctor shows versions, cores, memory, every engine and the notebook kernel, a line each", async () => {
  const { code, stdout } = await frostkit("doctor");
  assert.equal(code, 0);
  const facts = new Map(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/, 2) as [string, string]),
  );
  assert.deepEqual(
    [...facts.keys()],
    [
      "frostkit",
      "Node.js",
      "processor",
      "memory",
      ...ENGINES.map((name) => `engine ${name}`),
      "notebook kernel",
    ],
  );
  assert.equal(facts.get("frostkit"), version);
  assert.ok(facts.get("Node.js")!.startsWith(process.versions.node));
  for (const name of ENGINES) assert.match(facts.get(`engine ${name}`)!, /^yes: \d[\d.e+]* GFLOP\/s|^no: .+/);
  // These two need nothing but what npm installs.
  for (const name of ["wasm", "cpu"]) assert.match(facts.get(`engine ${name}`)!, /^yes: /);
  assert.match(facts.get("notebook kernel")!, /^(yes|no): /);
});
