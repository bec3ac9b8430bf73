import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { betweenMarks } from "../docs/betweenMarks";
import { fakeSweep } from "./fakeRounds";
import { DEPTHS, peakOf, RESTING, WHOLE } from "./parts/sweepPart";
import { readResults } from "./results";
import { SWEEP_MARK, sweepTable } from "./sweepTable";

const accuracies = [0.92, 0.92, 0.92, 0.92, 0.92, 0.91, 0.88, 0.7];
const [kit, peer] = [
  [40, 38, 30, 20, 14, 8, 1, 0.2],
  [40, 40, 38, 36, 30, 28, 26, 22],
];
const round = (seconds: number[], by = 1) =>
  fakeSweep(
    accuracies,
    seconds.map((each) => each * by),
    -1,
  );
const whole = { kit: [round(kit), round(kit, 1.1), round(kit, 0.9)], peer: [round(peer)] };
const resting = { kit: [], peer: [round(peer)] };
const peaks = Object.fromEntries(
  DEPTHS.map((n) => [
    peakOf(n),
    { kit: [{ peakRssBytes: (700 - 50 * n) * 1e6 }], peer: [{ peakRssBytes: (900 - 20 * n) * 1e6 }] },
  ]),
);

test("A line for each depth has accuracy, seconds and memory of both sides, and shares of what freezing nothing takes.", () => {
  const lines = sweepTable({ [WHOLE]: whole, [RESTING]: resting, ...peaks })
    .trimEnd()
    .split("\n");
  assert.equal(lines.length, 2 + DEPTHS.length);
  assert.equal(lines[0], "| N | accuracy: kit | PyTorch | s: kit | PyTorch | MB: kit | PyTorch |");
  assert.equal(
    lines[2],
    "| none | 0.920 ± 0.000 | 0.920 | 40 (36 – 44), 100 % | 40, 100 % | 750, 100 % | 920, 100 % |",
  );
  assert.equal(
    lines[7],
    "| 4 | 0.910 ± 0.000 | 0.910 | 8.0 (7.2 – 8.8), 20 % | 28, 70 % | 500, 67 % | 820, 89 % |",
  );
});

test("Without PyTorch the kit stands alone.", () => {
  const [head, , first] = sweepTable({ [WHOLE]: { ...whole, peer: [] } }).split("\n");
  assert.equal(head, "| N | accuracy: kit | s: kit | MB: kit |");
  assert.equal(first, "| none | 0.920 ± 0.000 | 40 (36 – 44), 100 % |  |");
});

test("The README has the table of the sweep that was measured last.", () => {
  const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");
  const { sweep } = readResults(join(__dirname, "results/bench.json"));
  assert.equal(betweenMarks(readme, SWEEP_MARK, sweepTable(sweep!.measured)), readme);
});
