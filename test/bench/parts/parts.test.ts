import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figures, Rounds } from "../contest";
import { fakeSweep } from "../fakeRounds";
import { blockParameters, blockProducts, estimatedFlops } from "../stepFlops";
import { parts } from "./parts";
import { ALONE, FIRING, peakOf, RESTING, WHOLE } from "./sweepPart";

const both = (kit: Figures, peer: Figures): Rounds => ({ kit: [kit, kit, kit], peer: [peer, peer, peer] });
const targets = (name: string, measured: Record<string, Rounds>) =>
  parts[name].rows(measured).map(({ what, target, met }) => [what, target, met]);

test("A sweep is held to 0.60 as a whole, to PyTorch's time where little is frozen, 0.75 at each depth and 0.08 at the last; the last alone to 0.25.", () => {
  const [accuracies, seconds] = [
    [8, 8, 8, 8, 8, 8, 8, 8],
    [8, 7, 6, 5, 4, 3, 2, 0.5],
  ];
  const slow = seconds.map(() => 10);
  const whole = both(fakeSweep(accuracies, seconds, -1), fakeSweep(accuracies, slow, -1));
  const alone = both(
    { trials: [{ n: 6, seconds: 3, accuracy: 0.8 }] },
    { trials: [{ n: 6, seconds: 10, accuracy: 0.8 }] },
  );
  const peak = both({ peakRssBytes: 4e8 }, { peakRssBytes: 8e8 });
  assert.deepEqual(targets("sweep", { [WHOLE]: whole, [ALONE]: alone, [peakOf(-1)]: peak }), [
    ["sweep N = none … 6, 6,090 + 1,523 rows, fp32, s", { ratioAtMost: 0.6 }, true],
    ["of it N = none, fp32, s", { ratioAtMost: 1 }, true],
    ["of it N = 0, fp32, s", { ratioAtMost: 1 }, true],
    ["of it N = 1, fp32, s", { ratioAtMost: 0.75 }, true],
    ["of it N = 2, fp32, s", { ratioAtMost: 0.75 }, true],
    ["of it N = 3, fp32, s", { ratioAtMost: 0.75 }, true],
    ["of it N = 4, fp32, s", { ratioAtMost: 0.75 }, true],
    ["of it N = 5, fp32, s", { ratioAtMost: 0.75 }, true],
    ["of it N = 6, fp32, s", { ratioAtMost: 0.08 }, true],
    ["N = 6 alone, fp32, s", { ratioAtMost: 0.25 }, false],
    ["peak memory of the process, N = none, fp32, MB", null, null],
  ]);
  // What PyTorch gains by resting its frozen part is shown, and judges nothing.
  const resting = { kit: [], peer: both(whole.kit[0], fakeSweep(accuracies, seconds, -1)).peer };
  const [last] = parts.sweep.rows({ [WHOLE]: whole, [ALONE]: alone, [RESTING]: resting }).slice(-1);
  assert.deepEqual(
    [last.what, last.kit.median, last.ratio?.median, last.met],
    ["sweep, PyTorch with what is frozen in eval mode, fp32, s", 35.5, 1, null],
  );
  // So is what the kit takes for the recipe's own training.
  const firing = { kit: both(fakeSweep(accuracies, seconds, -1), whole.kit[0]).kit, peer: [] };
  const [same] = parts.sweep.rows({ [WHOLE]: whole, [ALONE]: alone, [FIRING]: firing }).slice(-1);
  assert.deepEqual(
    [same.what, same.kit.median, same.peer?.median, same.met],
    ["sweep, the kit with dropout in what is frozen, fp32, s", 35.5, 80, null],
  );
});

test("A step is the median of the second half, held to its depth's and precision's target.", () => {
  const kit = { seconds: [9, 9, 9, 9, 1, 2, 3, 4] };
  const rounds = both(kit, { seconds: [9, 9, 9, 9, 3, 3, 3, 3] });
  const measured = { "N = 0": rounds, "N = 6": rounds, "N = 11": rounds };
  assert.equal(parts.steps.rows(measured)[0].kit.median, 2.5);
  const ratios = (name: string) => parts[name].rows(measured).map(({ target }) => target);
  assert.deepEqual(ratios("steps"), [{ ratioAtMost: 0.65 }, { ratioAtMost: 0.45 }, { ratioAtMost: 0.2 }]);
  assert.deepEqual(ratios("steps-bf16"), [{ ratioAtMost: 0.9 }, { ratioAtMost: 0.45 }, { ratioAtMost: 0.2 }]);
});

test("A step of DeBERTa and ModernBERT is held to 0.85 of PyTorch's, with three of six blocks frozen to 0.5; RoBERTa's stands beside it.", () => {
  const rounds = both({ seconds: [9, 9, 2, 2] }, { seconds: [9, 9, 3, 3] });
  const names = ["roberta", "deberta-v2", "modernbert"].flatMap((family) =>
    [0, 3].map((n) => `${family}, N = ${n}`),
  );
  assert.deepEqual(targets("families", Object.fromEntries(names.map((name) => [name, rounds]))), [
    ["a step, 6 x 768, roberta, N = 0, fp32, s", null, null],
    ["a step, 6 x 768, roberta, N = 3, fp32, s", null, null],
    ["a step, 6 x 768, deberta-v2, N = 0, fp32, s", { ratioAtMost: 0.85 }, true],
    ["a step, 6 x 768, deberta-v2, N = 3, fp32, s", { ratioAtMost: 0.5 }, false],
    ["a step, 6 x 768, modernbert, N = 0, fp32, s", { ratioAtMost: 0.85 }, true],
    ["a step, 6 x 768, modernbert, N = 3, fp32, s", { ratioAtMost: 0.5 }, false],
  ]);
});

test("ONNX Runtime's step is held to 0.9, with nothing frozen to 0.85, with three blocks to 0.55, its memory to PyTorch's; TensorFlow's stands beside it.", () => {
  const figures = (seconds: number, megabytes: number) => ({
    seconds: [9, 9, seconds, seconds],
    peakRssBytes: megabytes * 1e6,
  });
  const rounds = { ...both(figures(1, 700), figures(2, 600)), onnxruntime: [figures(1.75, 500)] };
  const names = ["the bundled encoder", "BERT-base size"].flatMap((model) =>
    ["none", 0, 3].map((n) => `${model}, N = ${n}`),
  );
  const measured = Object.fromEntries(names.map((name) => [name, rounds]));
  const rows = parts.engines.rows(measured);
  assert.equal(rows.length, 4 * names.length);
  assert.deepEqual(
    rows.slice(0, 4).map(({ what, kit, ratio }) => [what, kit.median, ratio?.median]),
    [
      ["a step on ONNX Runtime, the bundled encoder, N = none, fp32, s", 1.75, 0.875],
      ["its peak memory, ONNX Runtime, the bundled encoder, N = none, MB", 500, 500 / 600],
      ["a step on TensorFlow, the bundled encoder, N = none, fp32, s", 1, 0.5],
      ["its peak memory, TensorFlow, the bundled encoder, N = none, MB", 700, 700 / 600],
    ],
  );
  const judged = rows.filter(({ target }) => target).map(({ target, met }) => [target, met]);
  const memory = [{ ratioAtMost: 1 }, true];
  const each = [[{ ratioAtMost: 0.85 }, false], memory, [{ ratioAtMost: 0.9 }, true], memory];
  const model = [...each, [{ ratioAtMost: 0.55 }, false], memory];
  assert.deepEqual(judged, [...model, ...model]);
});

test("A step as functions is held to the bars of calls, arrays, readings, time outside, likeness, seconds and memory; what it says besides judges nothing.", () => {
  const asked = (calls: number, inside: number) => ({ calls, inside, uploads: 4, readings: 1 });
  const figures = (calls: number, seconds: number[], losses: number[], megabytes: number): Figures => ({
    seconds,
    // What makes functions, and the step of another length, are not among those that the median is of.
    dispatched: {
      asked: seconds.map((each, i) => (i < 2 || i === 3 ? asked(1e6, 0) : asked(calls, 1000 * each - 2))),
      other: 3,
      losses,
      probabilities: [0.5, 0.25],
    },
    peakRssBytes: megabytes * 1e6,
  });
  const functions = figures(9, [4, 9, 1, 3, 1.2, 1.4], [2, 1.00002], 1000);
  const opByOp = figures(5000, [2, 2, 2, 9, 2, 2], [2, 1], 900);
  const rounds = { kit: [], peer: [], functions: [functions], opByOp: [opByOp] };
  const rows = parts.dispatch.rows({ "N = 0": rounds });
  assert.deepEqual(
    rows.map(({ what, kit, target, met }) => [what, Number(kit.median.toPrecision(6)), target, met]),
    [
      ["calls of a step into TensorFlow, N = 0", 9, { kitAtMost: 10 }, true],
      ["arrays of JavaScript that it hands over, N = 0", 4, { kitAtMost: 12 }, true],
      ["readings of a step, N = 0", 1, { kitAtMost: 1 }, true],
      ["a step outside TensorFlow, ms, N = 0", 2, { kitAtMost: 3 }, true],
      ["the first step over that op by op, half a step and a second, N = 0", 1, { kitAtMost: 1 }, true],
      [
        "the first step of another length over 1.5 steps op by op and a second, N = 0",
        0.75,
        { kitAtMost: 1 },
        true,
      ],
      ["largest relative difference, N = 0", 2e-5, { kitAtMost: 1e-5 }, false],
      ["a step over one op by op, N = 0", 0.6, { kitAtMost: 0.6 }, true],
      ["peak memory over that op by op, N = 0", 1.11111, { kitAtMost: 1 }, false],
      ["a step as functions, s, N = 0", 1.2, null, null],
      ["a step, s, op by op, N = 0", 2, null, null],
      ["the first step, s, N = 0", 4, null, null],
      ["the first step of another length, s, N = 0", 3, null, null],
      ["calls of a step, op by op, N = 0", 5000, null, null],
      ["arrays of JavaScript of a step, op by op, N = 0", 4, null, null],
      ["a step outside TensorFlow, ms, op by op, N = 0", 2, null, null],
      ["peak memory as functions, MB, N = 0", 1000, null, null],
      ["peak memory, MB, op by op, N = 0", 900, null, null],
    ],
  );
  // Of the narrow one only what is outside counts, of the second half of its steps.
  const slowAtFirst = figures(9, [4, 9, 1, 3, 1.2, 1.4, 1], [2], 1000);
  for (const step of [2, 4]) slowAtFirst.dispatched!.asked[step].inside -= 30;
  const narrow = { kit: [], peer: [], functions: [slowAtFirst], opByOp: [opByOp] };
  assert.deepEqual(
    parts.dispatch
      .rows({ "12 blocks of 64": narrow })
      .map(({ what, kit, met }) => [what, Number(kit.median.toPrecision(6)), met]),
    [
      ["a step outside TensorFlow, ms, 12 blocks of 64", 2, null],
      ["a step outside TensorFlow, ms, op by op, 12 blocks of 64", 2, null],
    ],
  );
});

test("Memory is that of a process for each depth, in megabytes.", () => {
  const rounds = both({ peakRssBytes: 2e9 }, { peakRssBytes: 2.5e9 });
  const [row] = parts.memory.rows({ "N = 3": rounds });
  assert.deepEqual(
    [row.what, row.kit.median, row.ratio?.median, row.met],
    ["peak memory of the process, BERT-base size, N = 3, fp32, MB", 2000, 0.8, true],
  );
});

test("The share of the own rate is a step's estimated operations a second over those of its products alone.", () => {
  const size = { layers: 12, hidden: 768, rows: 8, tokens: 128 };
  const flops = estimatedFlops(blockParameters(size), 1024);
  const products = blockProducts(size);
  // A machine whose products run at 100 GFLOP/s, the square one at 200, and whose step takes as long as at 80.
  const seconds = [...products.map(({ m, k, n }) => (2 * m * k * n) / 100e9), (2 * 1024 ** 3) / 200e9];
  const figures = { seconds: [flops / 80e9], productSeconds: { engine: seconds, kit: seconds } };
  const rows = parts.gemm.rows({ "N = 0, then its products": both(figures, figures) });
  const rounded = rows.map(({ what, kit, met }) => [what, Number(kit.median.toPrecision(6)), met]);
  assert.deepEqual(rounded, [
    ["own products at the step's shapes, GFLOP/s", 100, null],
    ["own product of 1024³, GFLOP/s", 200, null],
    ["the kit's kernels at the step's shapes, GFLOP/s", 100, null],
    ["the kit's kernels, 1024³, GFLOP/s", 200, null],
    ["a whole step, GFLOP/s", 80, null],
    ["share of the own rate at the step's shapes", 0.8, true],
    ["share of the own rate at 1024³", 0.4, false],
  ]);
});

test("Loading is held to PyTorch's time for the call, and until weights are read and written; tokenizing to three times Rust's.", () => {
  const load = both({ seconds: [0.3, 0.35, 0.4] }, { seconds: [0.28, 0.42, 0.9] });
  assert.deepEqual(targets("load", { load }), [
    ["loading 438 MB, the call, s", { ratioAtMost: 1 }, false],
    ["the same, each weight read, s", { ratioAtMost: 1 }, true],
    ["the same, each trainable one written, s", { ratioAtMost: 1 }, true],
  ]);
  const tokenize = both({ seconds: [0.5], rows: [7613] }, { seconds: [0.2], rows: [7613] });
  assert.deepEqual(targets("tokenize", { tokenize }), [
    ["tokenizing 7,613 texts, s", { ratioAtMost: 3 }, true],
  ]);
});
