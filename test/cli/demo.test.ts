import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { DEMO } from "../../src/cli/commands/demo";
import { sweepCommand } from "../../src/cli/commands/sweep";
import { frostkit } from "./frostkit";

test("The demo is a sweep of the bundled model over the bundled table, at every depth and with nothing frozen", () => {
  const command = sweepCommand();
  const { unknown, operands } = command.parseOptions(DEMO);
  assert.deepEqual([unknown, operands], [[], []]);
  const { model, train, valid, n, out } = command.opts();
  for (const path of [model, train, valid]) assert.ok(existsSync(path), path);
  assert.deepEqual(n, [-1, 0, 1, 2, 3, 4, 5, 6]);
  assert.equal(out, "runs/demo");
});

test("Its engine can be chosen, and nothing else", async () => {
  const { code, stderr } = await frostkit("demo", "--epochs", "1");
  assert.equal(code, 2);
  assert.match(stderr, /^frostkit demo: unknown option '--epochs'; see frostkit demo --help\n$/);
});
