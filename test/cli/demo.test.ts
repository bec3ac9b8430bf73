import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { demoSweep } from "../../src/cli/commands/demo";
import { sweepCommand } from "../../src/cli/commands/sweep";
import { frostkit } from "./frostkit";

for (const [pace, depths] of [
  ["fast", [-1, 0, 1, 2, 3, 4, 5, 6]],
  ["slower", [-1, 0, 1, 2, 3, 4, 5, 6]],
  ["slow", [-1, 4, 5, 6]],
] as const)
  test(`Where the engine is ${pace}, the demo is a sweep of the bundled model over the bundled table, with nothing frozen and at depths ${depths.slice(1)}`, () => {
    const command = sweepCommand();
    const { unknown, operands } = command.parseOptions(demoSweep(pace));
    assert.deepEqual([unknown, operands], [[], []]);
    const { model, train, valid, n, out } = command.opts();
    for (const path of [model, train, valid]) assert.ok(existsSync(path), path);
    assert.deepEqual(n, depths);
    assert.equal(out, "runs/demo");
  });

test("Its engine can be chosen, and nothing else", async () => {
  const { code, stderr } = await frostkit("demo", "--epochs", "1");
  assert.equal(code, 2);
  assert.match(stderr, /^frostkit demo: unknown option '--epochs'; see frostkit demo --help\n$/);
});
