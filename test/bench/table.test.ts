import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures } from "./contest";
import { fakeRounds, fakeSweep } from "./fakeRounds";
import { FIRING, RESTING, WHOLE } from "./parts/sweepPart";
import type { Section } from "./results";
import { row } from "./row";
import { table } from "./table";

const seconds = ({ seconds }: Figures) => seconds![0];

const section = (given: Partial<Section>): Section => ({
  date: "2026-11-25T12:00",
  machine: { cpu: "AMD EPYC", cores: 2, memoryGB: 24, instructions: ["avx2", "avx512_bf16"] },
  loadBefore: [0.04, 0.1, 1],
  versions: { kit: { node: "20.20.2", tensorflow: "2.21.0" }, peer: { torch: "2.13.0" } },
  rounds: 3,
  about: "Some steps.",
  rows: [],
  measured: {},
  ...given,
});

const line = (markdown: string, start: string) =>
  markdown.split("\n").find((line) => line.startsWith(start)) ?? `no line starts with ${start}`;

test("A line holds medians with their spread, the ratio, the target and whether it is met.", () => {
  const rows = [
    row("a step, s", fakeRounds([1, 2, 3], [4, 4, 4]), seconds, { ratioAtMost: 0.65 }),
    row("memory, MB", fakeRounds([1114], [1074]), seconds, { ratioAtMost: 1 }),
    row("share", fakeRounds([0.801], [0.9]), seconds, { kitAtLeast: 0.75 }),
    row("calls", fakeRounds([12]), seconds, { kitAtMost: 10 }),
  ];
  const markdown = table({ steps: section({ rows }) });
  assert.equal(
    line(markdown, "| a step"),
    "| a step, s | 2.00 (1.00 – 3.00) | 4.00 (4.00 – 4.00) | 0.50 (0.25 – 0.75) | ≤ 0.65 | yes |",
  );
  assert.equal(
    line(markdown, "| memory"),
    "| memory, MB | 1114 (1114 – 1114) | 1074 (1074 – 1074) | 1.04 (1.04 – 1.04) | ≤ 1 | no |",
  );
  assert.equal(
    line(markdown, "| share"),
    "| share | 0.801 (0.801 – 0.801) | 0.900 (0.900 – 0.900) | 0.89 (0.89 – 0.89) | kit ≥ 0.75 | yes |",
  );
  assert.equal(line(markdown, "| calls"), "| calls | 12.0 (12.0 – 12.0) |  |  | kit ≤ 10 | no |");
});

test("Without PyTorch its cells are empty; what has neither peer nor target stands in a table of its own.", () => {
  const rows = [
    row("a step, s", fakeRounds([2]), seconds, { ratioAtMost: 0.65 }),
    row("growth, s", fakeRounds([0.0123]), seconds),
  ];
  const markdown = table({ steps: section({ rows }) });
  assert.equal(line(markdown, "| a step"), "| a step, s | 2.00 (2.00 – 2.00) |  |  | ≤ 0.65 |  |");
  assert.equal(line(markdown, "| growth"), "| growth, s | 0.0123 (0.0123 – 0.0123) |");
  assert.ok(markdown.indexOf("| a step") < markdown.indexOf("Of the kit alone"));
  assert.ok(markdown.indexOf("Of the kit alone") < markdown.indexOf("| growth"));
});

test("What each part was measured on stands below, in the order of the parts.", () => {
  const markdown = table({
    load: section({ about: "A checkpoint." }),
    steps: section({ table: "disaster-tweets/train.csv" }),
  });
  assert.equal(
    line(markdown, "- **steps**"),
    "- **steps**: Some steps. Table: disaster-tweets/train.csv. 3 rounds, 2026-11-25T12:00, AMD EPYC, avx2, avx512_bf16, 2 cores, 24 GB, " +
      "load average before it 0.0, 0.1, 1.0. Kit: node 20.20.2, tensorflow 2.21.0; PyTorch's side: torch 2.13.0.",
  );
  assert.ok(markdown.indexOf("**steps**") < markdown.indexOf("**load**"));
  assert.ok(!markdown.includes("Accuracies"));
});

test("Accuracies of a sweep's two sides are compared, each precision by itself.", () => {
  const rounds = {
    kit: [fakeSweep([0.8, 0.7]), fakeSweep([0.82, 0.7])],
    peer: [fakeSweep([0.81, 0.72]), fakeSweep([0.81, 0.72])],
  };
  const measured = { [WHOLE]: rounds };
  const markdown = table({ sweep: section({ measured }), "sweep-bf16": section({ measured }) });
  assert.equal(
    line(markdown, "| sweep, N = 0"),
    "| sweep, N = 0 | 0.8100 | 0.8100 | 0.0000 | 0.0100 | yes |",
  );
  assert.equal(
    line(markdown, "| sweep, N = 1"),
    "| sweep, N = 1 | 0.7000 | 0.7200 | -0.0200 | 0.0000 | no |",
  );
  assert.ok(markdown.includes("| sweep-bf16, mean over all N |"));
});

test("They are compared once more where both sides train the same: without dropout in what is frozen, and with it.", () => {
  const kit = [fakeSweep([0.8]), fakeSweep([0.82])];
  const [fires, rests] = [0.7, 0.81].map((accuracy) => [fakeSweep([accuracy]), fakeSweep([accuracy])]);
  const measured = {
    [WHOLE]: { kit, peer: fires },
    [RESTING]: { kit: [], peer: rests },
    [FIRING]: { kit: [fakeSweep([0.69]), fakeSweep([0.71])], peer: [] },
  };
  const markdown = table({ sweep: section({ measured }) });
  assert.equal(line(markdown, "| sweep, N = 0").slice(-5), " no |");
  assert.equal(
    line(markdown, "| sweep, PyTorch with what is frozen in eval mode, N = 0"),
    "| sweep, PyTorch with what is frozen in eval mode, N = 0 | 0.8100 | 0.8100 | 0.0000 | 0.0100 | yes |",
  );
  assert.equal(
    line(markdown, "| sweep, the kit with dropout in what is frozen, N = 0"),
    "| sweep, the kit with dropout in what is frozen, N = 0 | 0.7000 | 0.7000 | 0.0000 | 0.0100 | yes |",
  );
});
