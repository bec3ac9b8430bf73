import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { demoSearch, demoSweep } from "../../src/cli/commands/demo";
import { searchCommand } from "../../src/cli/commands/search";
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
    for (const path of [model, ...train, ...valid]) assert.ok(existsSync(path), path);
    assert.deepEqual(n, depths);
    assert.equal(out, "runs/demo");
  });

for (const pace of ["fast", "slower", "slow"] as const)
  test(`Where the engine is ${pace}, the demo searches first, in the sweep's folder and with its settings, so that the sweep takes over its trials at their common rate`, () => {
    const [search, sweep] = [searchCommand(), sweepCommand()];
    const { unknown, operands } = search.parseOptions(demoSearch(pace));
    assert.deepEqual([unknown, operands], [[], []]);
    sweep.parseOptions(demoSweep(pace));
    const { learningRate: rates, goal, seed, ...ofSearch } = search.opts();
    const { learningRate: rate, seeds, ...ofSweep } = sweep.opts();
    assert.deepEqual(ofSearch, ofSweep);
    assert.ok(rates.includes(rate) && seeds.includes(seed));
    assert.equal(goal, "deepest");
  });

test("Its engine can be chosen, and nothing else", async () => {
  const { code, stderr } = await frostkit("demo", "--epochs", "1");
  assert.equal(code, 2);
  assert.match(stderr, /^frostkit demo: unknown option '--epochs'; see frostkit demo --help\n$/);
});
