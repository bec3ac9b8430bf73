import assert from "node:assert/strict";
import { test } from "node:test";
import { epochsFigure } from "../../src/report/epochsFigure";
import type { TrialRecord } from "../../src/sweep/record";
import { atRate } from "../sweep/atRate";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";

/** A trial whose losses and accuracy run through the given numbers. */
function trial(given: Partial<TrialRecord>, curve: [number, number | null, number][]): TrialRecord {
  const epochs = curve.map(([trainLoss, validLoss, accuracy], i) =>
    fakeEpoch({ epoch: i + 1, trainLoss, validLoss, metrics: { accuracy } }),
  );
  return fakeRecord({ accuracy: curve.at(-1)![2], epochs, ...given });
}

const records = [
  trial({ n: -1, seed: 0 }, [
    [0.75, 0.5, 0.5],
    [0.5, 0.25, 0.75],
    [0.25, 0.25, 0.75],
  ]),
  trial({ n: -1, seed: 1 }, [
    [0.25, 0.25, 0.75],
    [0.25, 0.25, 0.75],
  ]),
  trial({ n: 3 }, [[0.75, null, 0.25]]),
];

test("Training loss, validation loss and accuracy are means over the seeds that reached the epoch.", () => {
  const { data } = epochsFigure(records.slice(0, 2));
  assert.deepEqual(
    data.map(({ x, y, customdata, yaxis }) => ({ x, y, customdata, yaxis })),
    [
      { x: [1, 2, 3], y: [0.5, 0.375, 0.25], customdata: [2, 2, 1], yaxis: "y" },
      { x: [1, 2, 3], y: [0.375, 0.25, 0.25], customdata: [2, 2, 1], yaxis: "y2" },
      { x: [1, 2, 3], y: [0.625, 0.75, 0.75], customdata: [2, 2, 1], yaxis: "y3" },
    ],
  );
});

test("Each depth has its line; where it was not validated, it has no point.", () => {
  const { data } = epochsFigure(records);
  const deep = data.filter(({ name }) => name === "N = 3");
  assert.deepEqual(
    deep.map(({ x, y }) => [x, y]),
    [
      [[1], [0.75]],
      [[], []],
      [[1], [0.25]],
    ],
  );
});

test("Evaluations within epochs have their points, where they were made.", () => {
  const { data } = epochsFigure([
    {
      ...records[1],
      evaluations: [0.5, 1, 1.5, 2].map((epoch, i) => ({
        ...{ epoch, step: 3 * (i + 1), trainLoss: 0.75, validLoss: 0.5 - epoch / 8, evalSeconds: 1 },
        metrics: { accuracy: epoch / 4 },
      })),
    },
  ]);
  assert.deepEqual(
    data.map(({ x, y }) => [x, y]),
    [
      [
        [0.5, 1, 1.5, 2],
        [0.75, 0.75, 0.75, 0.75],
      ],
      [
        [0.5, 1, 1.5, 2],
        [0.4375, 0.375, 0.3125, 0.25],
      ],
      [
        [0.5, 1, 1.5, 2],
        [0.125, 0.25, 0.375, 0.5],
      ],
    ],
  );
  assert.match(data[0].hovertemplate as string, /epoch %\{x:\.3~g\}/);
});

test("The recommended depth is thick and drawn first, yet the legend rises in depth.", () => {
  // 0.75 on 400 rows, with equal seeds, is known to 0.0217: depth 2 is within it, depth 3 far off.
  const { data, layout } = epochsFigure([...records, trial({ n: 2 }, [[0.5, 0.5, 0.74]])]);
  const panel = data.slice(0, 3) as { name: string; legendrank: number; line: { width: number } }[];
  assert.deepEqual(
    panel.map(({ name, legendrank, line }) => [name, legendrank, line.width]),
    [
      ["N = 2", 1, 5],
      ["N = none", 0, 2],
      ["N = 3", 2, 2],
    ],
  );
  assert.equal(
    (layout.annotations as { text: string }[])[0].text,
    "Mean of 1 to 2 seeds; thick: recommended (N = 2)",
  );
});

test("Depths differ in colour and marker alike, so that either suffices.", () => {
  const depths = [-1, 0, 1, 2, 3, 4, 5, 6].map((n) => trial({ n }, [[0.5, 0.5, 0.5]]));
  const markers = epochsFigure(depths).data.slice(0, 8) as { marker: { color: string; symbol: string } }[];
  assert.equal(new Set(markers.map(({ marker }) => marker.color)).size, 8);
  assert.equal(new Set(markers.map(({ marker }) => marker.symbol)).size, 8);
});

test("Epochs have whole ticks, and a single one stands in the middle.", () => {
  const axis = (epochs: number) => {
    const curve = Array.from({ length: epochs }, (): [number, number, number] => [0.5, 0.5, 0.5]);
    return epochsFigure([trial({}, curve)]).layout.xaxis as { dtick: number; range: number[] };
  };
  assert.deepEqual([axis(1).dtick, axis(1).range], [1, [0.9, 1.1]]);
  assert.deepEqual([axis(6).dtick, axis(6).range], [1, [0.5, 6.5]]);
  assert.equal(axis(20).dtick, 4);
});

test("The third panel is the metric named.", () => {
  const epochs = [fakeEpoch({ metrics: { rmse: 0.9 } })];
  const { data, layout } = epochsFigure([fakeRecord({ accuracy: null, epochs })], { metric: "rmse" });
  assert.deepEqual(data[2].y, [0.9]);
  assert.deepEqual(
    (layout.annotations as { text: string }[]).slice(1).map(({ text }) => text),
    ["<b>Training loss</b>", "<b>Validation loss</b>", "<b>RMSE</b>"],
  );
});

test("Strategies are rows of panels with one scale down a column.", () => {
  const { data, layout } = epochsFigure([...records, trial({ strategy: "thaw", n: 3 }, [[0.5, 0.5, 0.5]])]);
  assert.deepEqual(
    data.filter(({ name }) => name === "N = 3").map(({ yaxis, showlegend }) => `${yaxis} ${showlegend}`),
    ["y true", "y2 false", "y3 false", "y4 false", "y5 false", "y6 false"],
  );
  assert.deepEqual(
    [4, 5, 6].map((i) => (layout[`yaxis${i}`] as { matches: string }).matches),
    ["y", "y2", "y3"],
  );
  assert.equal((layout.yaxis4 as { title: { text: string } }).title.text, "<b>thaw</b>");
});

test("The figure is plain JSON.", () => {
  const figure = epochsFigure(records);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

test("A depth's line is that of its best rate, which the hover names.", () => {
  const trial = (rate: number, accuracy: number) =>
    atRate(rate, { accuracy, epochs: [fakeEpoch({ trainLoss: rate, metrics: { accuracy } })] });
  const { data } = epochsFigure([trial(5e-5, 0.7), trial(1e-3, 0.8)]);
  assert.equal(data.length, 3);
  assert.deepEqual(data[0].y, [1e-3]);
  assert.equal(data[0].name, "N = 0");
  assert.match(data[0].hovertemplate as string, /^N = 0 at rate 1e-3<br>epoch /);
});
