import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fakeRounds } from "./fakeRounds";
import { mergeSection, readResults, type Section } from "./results";
import { row } from "./row";

const section = (seconds: number, date: string): Section => {
  const rounds = fakeRounds([seconds], [2]);
  return {
    date,
    machine: { cpu: "a CPU", cores: 2, memoryGB: 24 },
    loadBefore: [0.1, 0.2, 0.3],
    versions: { kit: { tensorflow: "2.21.0" } },
    rounds: 1,
    about: "Some steps.",
    rows: [row("a step, s", rounds, ({ seconds }) => seconds![0], { ratioAtMost: 1 })],
    measured: { step: rounds },
  };
};

test("A part's section takes the place of its own and leaves the others as they are.", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-results-"));
  const file = join(folder, "new", "bench.json");
  assert.deepEqual(readResults(file), {});
  const [first, second, later] = [
    section(1, "2026-01-01"),
    section(2, "2026-01-02"),
    section(3, "2026-01-03"),
  ];
  mergeSection(file, "steps", first);
  mergeSection(file, "load", second);
  mergeSection(file, "steps", later);
  assert.deepEqual(readResults(file), { steps: later, load: second });
  assert.deepEqual(readdirSync(join(folder, "new")), ["bench.json"]);
  rmSync(folder, { recursive: true });
});
