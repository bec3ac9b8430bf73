import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { readRecords, type TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { atRate } from "../sweep/atRate";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { CURVES } from "../sweep/lossCurves";
import { pairedSweep } from "../sweep/pairedRecords";

const records = [
  fakeRecord({ n: -1, seed: 0, accuracy: 0.75 }),
  fakeRecord({ n: -1, seed: 1, accuracy: 1 }),
  fakeRecord({ n: 0, seed: 0, accuracy: 0.75 }),
  fakeRecord({ n: 0, seed: 1, accuracy: 0.75 }),
  fakeRecord({ n: 4, seed: 0, accuracy: 0.5 }),
  fakeRecord({ n: 4, seed: 1, accuracy: 0.5 }),
];
// The best is N = -1 at 0.875, known to sqrt(0.03125 / 2 + 0.875 · 0.125 / 400).
const standardError = Math.sqrt(0.03125 / 2 + (0.875 * 0.125) / 400);

test("The line holds the mean of each depth, its error bars one standard deviation over the seeds.", () => {
  const { data } = accuracyFigure(records);
  const [line, ring] = data as Record<string, unknown>[];
  assert.equal(data.length, 2);
  assert.deepEqual(line.x, [-1, 0, 4]);
  assert.deepEqual(line.y, [0.875, 0.75, 0.5]);
  const bars = line.error_y as { array: number[]; visible: boolean };
  assert.deepEqual(bars.array, [Math.sqrt(0.03125), 0, 0]);
  assert.equal(bars.visible, true);
  assert.deepEqual([ring.x, ring.y], [[0], [0.75]]);
});

test("The axis of N has a tick at each depth tried, and says none at -1.", () => {
  const { layout } = accuracyFigure(records);
  const axis = layout.xaxis as Record<string, unknown>;
  assert.deepEqual(axis.tickvals, [-1, 0, 4]);
  assert.deepEqual(axis.ticktext, ["none", "0", "4"]);
  assert.deepEqual(axis.range, [-1.6, 4.6]);
});

test("The band reaches one standard error down from the best, a dotted line marks the recommended depth, a dashed one what nothing frozen scores.", () => {
  const { layout } = accuracyFigure(records);
  const [band, line, base] = layout.shapes as Record<string, number>[];
  assert.deepEqual([band.y0, band.y1], [0.875 - standardError, 0.875]);
  assert.deepEqual([line.x0, line.x1], [0, 0]);
  assert.deepEqual([base.y0, base.y1], [0.875, 0.875]);
  const texts = (layout.annotations as { text: string }[]).map(({ text }) => text);
  assert.deepEqual(texts, [
    "Mean of 2 seeds; bars: one standard deviation over seeds<br>Grey: within one standard error of the best (N = none)<br>Dashed: nothing frozen (N = none)",
    "<b>recommended: N = 0</b>",
  ]);
  const { layout: without } = accuracyFigure(records.filter(({ n }) => n !== -1));
  assert.equal((without.shapes as object[]).length, 2);
  assert.doesNotMatch(JSON.stringify(without.annotations), /Dashed/);
});

test("The bars of one seed are what the validation rows alone can tell, and it is said.", () => {
  const { data, layout } = accuracyFigure(records.filter((record) => record.seed === 0));
  const { visible, array } = data[0].error_y as { visible: boolean; array: number[] };
  assert.equal(visible, true);
  assert.deepEqual(
    array,
    [0.75, 0.75, 0.5].map((p) => Math.sqrt((p * (1 - p)) / 400)),
  );
  assert.match(
    (layout.annotations as { text: string }[])[0].text,
    /^One seed; bars: one standard error by 400 validation rows<br>Grey: within/,
  );
});

test("One seed of a metric whose error the rows do not give draws no bars, and says so.", () => {
  const epochs = [fakeEpoch({ metrics: { rmse: 0.5 } })];
  const { data, layout } = accuracyFigure([fakeRecord({ accuracy: null, epochs })], { metric: "rmse" });
  assert.equal((data[0].error_y as { visible: boolean }).visible, false);
  assert.match((layout.annotations as { text: string }[])[0].text, /^One seed: no spread to show$/);
});

test("Each strategy has a line of its own colour, marker and dash, and then there is a legend.", () => {
  const both = [
    ...records,
    ...records.map((record) => ({ ...record, strategy: "thaw", trial: `thaw ${record.trial}` })),
  ];
  const { data, layout } = accuracyFigure(both);
  const lines = data.slice(0, 2) as {
    name: string;
    line: { color: string; dash: string };
    marker: { symbol: string };
  }[];
  assert.deepEqual(
    lines.map(({ name }) => name),
    ["freeze", "thaw"],
  );
  for (const look of [
    (l: (typeof lines)[0]) => l.line.color,
    (l: (typeof lines)[0]) => l.line.dash,
    (l: (typeof lines)[0]) => l.marker.symbol,
  ])
    assert.notEqual(look(lines[0]), look(lines[1]));
  assert.equal(layout.showlegend, true);
  assert.equal(accuracyFigure(records).layout.showlegend, false);
});

test("An error is drawn as such: named, lower is better, and the band above the best.", () => {
  const regression = [0.5, 1].flatMap((rmse, n) =>
    [0, 1].map((seed) =>
      fakeRecord({ n, seed, accuracy: null, epochs: [fakeEpoch({ metrics: { rmse: rmse + seed } })] }),
    ),
  );
  const { layout, data } = accuracyFigure(regression, { metric: "rmse" });
  assert.deepEqual(data[0].y, [1, 1.5]);
  assert.equal((layout.yaxis as { title: { text: string } }).title.text, "RMSE (lower is better)");
  assert.equal((layout.title as { text: string }).text, "<b>RMSE against frozen blocks</b>");
  const [band] = layout.shapes as { y0: number; y1: number }[];
  assert.ok(Math.abs(band.y0 - 1.5) < 1e-12 && band.y1 === 1);
});

test("Names are shown as they are, not read as markup.", () => {
  const { data } = accuracyFigure([fakeRecord({ strategy: "<b>a</b> & %{x}" })]);
  assert.equal(data[0].name, "&lt;b&gt;a&lt;/b&gt; &amp; %&#123;x}");
  assert.match(data[0].hovertemplate as string, /<extra>&lt;b&gt;a&lt;\/b&gt; &amp; %&#123;x}<\/extra>$/);
});

test("The figure is plain JSON.", () => {
  const figure = accuracyFigure(records);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

test("Of several rates each is a thin line under the curve of the best, named at its end and in the hover.", () => {
  const trial = (n: number, rate: number, accuracy: number) => atRate(rate, { n, accuracy });
  const { data, layout } = accuracyFigure([
    ...[trial(-1, 5e-5, 0.9), trial(-1, 1e-3, 0.7)],
    ...[trial(2, 5e-5, 0.8), trial(2, 1e-3, 0.85)],
    ...[trial(3, 1e-3, 0.8), trial(3, 1e-2, 0.7)],
  ]);
  assert.deepEqual(
    data.map(({ name, x, y }) => [name, x, y]),
    [
      ["rate 5e-5", [-1, 2], [0.9, 0.8]],
      ["rate 1e-3", [-1, 2, 3], [0.7, 0.85, 0.8]],
      ["rate 1e-2", [3], [0.7]],
      ["freeze", [-1, 2, 3], [0.9, 0.85, 0.8]],
      ["recommended", [-1], [0.9]],
    ],
  );
  const widths = data.slice(0, 4).map(({ line }) => (line as { width: number }).width);
  assert.deepEqual(widths, [1, 1, 1, 2.5]);
  assert.deepEqual(data[1].text, ["", "", "1e-3"]);
  assert.equal(new Set(data.slice(0, 3).map(({ line }) => (line as { color: string }).color)).size, 3);
  assert.match(data[1].hovertemplate as string, /^%\{customdata\[0\]\} at rate 1e-3<br>Accuracy /);
  assert.equal((data[3].customdata as string[][])[1][0], "N = 2 at rate 1e-3");
  const [says, mark] = (layout.annotations as { text: string }[]).map(({ text }) => text);
  assert.match(
    says,
    /<br>Thin: each learning rate by itself; the curve has each depth at its best<br>Dashed/,
  );
  assert.equal(mark, "<b>recommended: N = none at rate 5e-5</b>");
  assert.equal(layout.showlegend, false);
});

test("Strategies have thin lines of their own, and a recipe's rates stand above one another.", () => {
  const trials = [5e-5, 1e-3].flatMap((rate, i) => [
    ...["freeze", "thaw"].flatMap((strategy) => [0, 1].map((n) => atRate(rate, { strategy, n }))),
    atRate(rate, { strategy: "lora", n: -1, accuracy: 0.5 + i / 10, recipe: { recipe: "lora" } }),
  ]);
  const { data } = accuracyFigure(trials);
  const thin = data.filter(({ name }) => (name as string).startsWith("rate "));
  assert.deepEqual(
    thin.map(({ name, x }) => [name, x]),
    ["5e-5", "1e-3"].flatMap((rate) => [[0, 1], [0, 1], [2]].map((x) => [`rate ${rate}`, x])),
  );
});

test("Undertrained depths have open points, of which picture and hover say what they are.", () => {
  const { data, layout } = accuracyFigure([
    fakeRecord({ n: -1, accuracy: 0.9, lossCurve: CURVES.learnt }),
    fakeRecord({ n: 5, accuracy: 0.6, lossCurve: CURVES.hardlyFallen }),
  ]);
  assert.deepEqual((data[0].marker as { symbol: string[] }).symbol, ["circle", "circle-open"]);
  assert.deepEqual(
    (data[0].customdata as string[][]).map((each) => each[3]),
    ["", "<br>undertrained: training loss hardly fallen"],
  );
  assert.match(data[0].hovertemplate as string, /seeds %\{customdata\[2\]\}%\{customdata\[3\]\}<extra>/);
  assert.match(
    (layout.annotations as { text: string }[])[0].text,
    /<br>Open: undertrained at this rate, the highest that was tried<br>/,
  );
  assert.doesNotMatch(JSON.stringify(accuracyFigure(records)), /undertrained: |Open:/);
});

test("A rate at which nothing was learnt does not press the curve flat: it lies beyond the picture, which says so.", () => {
  const trial = (n: number, rate: number, accuracy: number) => atRate(rate, { n, accuracy });
  const records = [trial(0, 5e-5, 0.9), trial(0, 1e-2, 0.85), trial(1, 5e-5, 0.8), trial(1, 1e-2, 0.85)];
  const axisOf = (...more: TrialRecord[]) => {
    const { layout } = accuracyFigure([...records, ...more]);
    const [says] = (layout.annotations as { text: string }[]).map(({ text }) => text);
    return { range: (layout.yaxis as { range?: number[] }).range, says };
  };
  assert.equal(axisOf().range, undefined);
  assert.doesNotMatch(axisOf().says, /beyond/);
  const { range, says } = axisOf(trial(1, 3e-2, 0));
  // The curve with its bars from 0.8321 to 0.9150.
  const [low, high] = [0.85 - Math.sqrt((0.85 * 0.15) / 400), 0.9 + Math.sqrt((0.9 * 0.1) / 400)];
  const room = high - low;
  assert.deepEqual(
    range!.map((end) => end.toFixed(9)),
    [low - 6.1 * room, high + 0.1 * room].map((end) => end.toFixed(9)),
  );
  assert.match(says, /Thin: each learning rate by itself, some beyond the picture; the curve/);
});

test("Where rows are known one by one a panel below has each depth's difference to the best: its interval, and the standard error that decides in place of the grey band.", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-figure-"));
  const right = (count: number) => ["+".repeat(count) + "-".repeat(100 - count)];
  const paired = pairedSweep(folder, { 0: right(80), 1: right(79), 2: right(60) });
  const { data, layout } = accuracyFigure(paired);
  type Bars = { array: number[]; arrayminus: number[]; thickness: number };
  const panel = (
    data as {
      yaxis?: string;
      x: number[];
      y: number[];
      error_y: Bars;
      hovertemplate?: string;
      customdata?: string[][];
    }[]
  ).filter(({ yaxis }) => yaxis === "y2");
  assert.equal(panel.length, 2);
  const [interval, error] = panel;
  const [, , far] = summarize(paired).map(({ difference }) => difference);
  for (const { x, y } of panel) {
    assert.deepEqual(x, [0, 1, 2]);
    assert.deepEqual(
      y.map((value) => value.toFixed(4)),
      ["0.0000", "-0.0100", "-0.2000"],
    );
  }
  assert.deepEqual(interval.error_y.arrayminus[2], far!.mean - far!.low);
  assert.deepEqual(interval.error_y.array[2], far!.high - far!.mean);
  assert.deepEqual([error.error_y.array[0], error.error_y.array[2]], [0, far!.standardError]);
  assert.ok(error.error_y.thickness > interval.error_y.thickness);
  assert.match(
    error.customdata![2][1],
    /^-0\.2000 \[.*\] to the best, 95 % interval<br>standard error 0\.0\d{3}<br>rows won 0, lost 20; McNemar p = 0\.000$/,
  );
  assert.equal((layout.shapes as { type: string }[]).filter(({ type }) => type === "rect").length, 0);
  const [said] = layout.annotations as { text: string }[];
  assert.match(
    said.text,
    /Below: difference to the best \(N = 0\) on the same 100 rows,<br>its 95 % interval and, thick, one standard error/,
  );
  assert.doesNotMatch(said.text, /Grey/);
  // Judged by the old rule there is the band again, and the panel of what is known.
  rmSync(join(folder, paired[1].predictions!));
  const partly = accuracyFigure(readRecords(join(folder, "records.jsonl")));
  assert.deepEqual(
    partly.data.filter(({ yaxis }) => yaxis === "y2").map(({ x }) => x),
    [
      [0, 2],
      [0, 2],
    ],
  );
  assert.equal((partly.layout.shapes as { type: string }[]).filter(({ type }) => type === "rect").length, 1);
  rmSync(folder, { recursive: true });
});

const probe = [0, 1, 2, 3, 4, 5].map((n) => ({
  n,
  metric: "accuracy" as const,
  score: 0.7 + n / 100,
  logMe: n / 10,
  variability: n === 0 ? null : 1 / n,
}));

test("A probe is a thin dotted line under the curve as far as that reaches, named as what it is, and changes nothing else", () => {
  const [{ data, layout }, plain] = [accuracyFigure(records, { probe }), accuracyFigure(records)];
  const [line, ...others] = data;
  assert.deepEqual(line.x, [0, 1, 2, 3, 4]);
  assert.deepEqual(line.y, [0.7, 0.71, 0.72, 0.73, 0.74]);
  assert.equal(line.name, "linear probe, untrained");
  assert.deepEqual((line.customdata as string[][]).slice(0, 2), [
    ["0.0000", ""],
    ["0.1000", "<br>variability 1.0000"],
  ]);
  assert.deepEqual(others, plain.data);
  assert.match(
    JSON.stringify(layout.annotations),
    /Dotted: a linear probe of the pretrained hidden states after N blocks, without training/,
  );
  assert.doesNotMatch(JSON.stringify(plain.layout.annotations), /Dotted: a linear probe/);
  assert.deepEqual(accuracyFigure(records, { probe: [] }).data, plain.data);
});

test("A probe that scores far below the curve leaves that its height, and one in another metric is refused", () => {
  const close = [0.9, 0.91, 0.92].map((accuracy, n) => fakeRecord({ n, seed: 0, accuracy, validRows: 4000 }));
  const { layout } = accuracyFigure(close, { probe: probe.map((each) => ({ ...each, score: 0.01 })) });
  const [low, high] = (layout.yaxis as { range: number[] }).range;
  assert.ok(low > 0.5 && high < 1, `${low} ${high}`);
  assert.throws(
    () => accuracyFigure(records, { probe: [{ ...probe[0], metric: "rmse" }] }),
    /^InputError: probe: expected scores in accuracy, by which the depths are judged, got rmse; leave probe out$/,
  );
  assert.throws(
    () => accuracyFigure(records, { probe: [{ n: -1 } as never] }),
    /^InputError: probe\[0\]\.n: expected an integer of at least 0, got -1$/,
  );
});
