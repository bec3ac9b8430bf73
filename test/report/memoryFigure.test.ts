import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryFigure } from "../../src/report/memoryFigure";
import { atRate } from "../sweep/atRate";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";

const records = [
  fakeRecord({ n: 0, seed: 0, peakTensorBytes: 250_000_000, trainableParameters: 3_300_000 }),
  fakeRecord({ n: 0, seed: 1, peakTensorBytes: 260_500_000, trainableParameters: 3_300_000 }),
  fakeRecord({ n: 3, accuracy: 0.4, peakTensorBytes: 90_000_000, trainableParameters: 1_100_000 }),
];

test("Above stand the peak's megabytes, the highest of the seeds, below the trainable parameters.", () => {
  const { data, layout } = memoryFigure(records);
  assert.deepEqual(
    data.map(({ x, y, yaxis }) => ({ x, y, yaxis })),
    [
      { x: [0, 3], y: [260.5, 90], yaxis: "y" },
      { x: [0, 3], y: [3_300_000, 1_100_000], yaxis: "y2" },
    ],
  );
  const [upper, lower] = [layout.yaxis, layout.yaxis2] as {
    domain: number[];
    rangemode: string;
    title: { text: string };
  }[];
  assert.deepEqual([upper.title.text, lower.title.text], ["Peak tensors (MB)", "Trainable parameters"]);
  assert.ok(upper.domain[0] > lower.domain[1]);
  // A length from anywhere but zero would lie about proportions.
  assert.deepEqual([upper.rangemode, lower.rangemode], ["tozero", "tozero"]);
});

test("Beside each point stands the share that it takes of what freezing nothing takes; without such a one, nothing.", () => {
  const none = fakeRecord({ n: -1, peakTensorBytes: 1_000_000_000, trainableParameters: 11_000_000 });
  const { data, layout } = memoryFigure([none, ...records]);
  assert.deepEqual(
    data.map(({ text }) => text),
    [
      ["100 %", "26 %", "9.0 %"],
      ["100 %", "30 %", "10 %"],
    ],
  );
  assert.deepEqual((layout.yaxis as { range: number[] }).range, [0, 1180]);
  assert.match(JSON.stringify(layout.annotations), /Percent: of what it takes with nothing frozen/);
  for (const { text } of memoryFigure(records).data) assert.equal(text, undefined);
});

test("Memory that was measured with its frozen pass read from disk has a star, whether or not there is a base; parameters have none.", () => {
  const none = fakeRecord({ n: -1, peakTensorBytes: 1_000_000_000, trainableParameters: 11_000_000 });
  const cached = { ...records[2], frozenFrom: "cache" as const };
  const texts = (of: typeof records) => memoryFigure(of).data.map(({ text }) => text);
  assert.deepEqual(texts([none, records[0], cached]), [
    ["100 %", "25 %", "9.0 %*"],
    ["100 %", "30 %", "10 %"],
  ]);
  assert.deepEqual(texts([records[0], cached]), [["", "*"], undefined]);
  const explained = (of: typeof records) => JSON.stringify(memoryFigure(of).layout.annotations);
  assert.match(explained([records[0], cached]), /\* read from disk, where an earlier run had left/);
  assert.doesNotMatch(explained(records), /read from disk/);
});

test("The hover gives the process's peak and the trainable share.", () => {
  const { data } = memoryFigure(records);
  assert.deepEqual(data[0].customdata, [
    ["N = 0", "900", "30.0"],
    ["N = 3", "900", "10.0"],
  ]);
});

test("The recommended depth is marked through both panels.", () => {
  const { layout } = memoryFigure(records);
  const [mark] = layout.shapes as Record<string, unknown>[];
  assert.deepEqual([mark.x0, mark.x1, mark.yref, mark.y0, mark.y1], [0, 0, "paper", 0, 1]);
});

test("A strategy looks alike in both panels and is listed once.", () => {
  const { data } = memoryFigure([...records, fakeRecord({ strategy: "thaw" })]);
  assert.deepEqual(
    data.map(({ name, showlegend }) => [name, showlegend]),
    [
      ["freeze", true],
      ["thaw", true],
      ["freeze", false],
      ["thaw", false],
    ],
  );
  assert.deepEqual(data[0].line, data[2].line);
  assert.deepEqual(data[1].marker, data[3].marker);
});

test("The figure is plain JSON.", () => {
  const figure = memoryFigure(records);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

test("A depth's costs are those at its best learning rate, which hover and mark name.", () => {
  const trial = (rate: number, accuracy: number, trainSeconds: number) =>
    atRate(rate, { accuracy, epochs: [fakeEpoch({ trainSeconds, metrics: { accuracy } })] });
  const { data, layout } = memoryFigure([trial(5e-5, 0.7, 1), trial(1e-3, 0.8, 2)]);
  for (const { customdata } of data) assert.equal((customdata as string[][])[0][0], "N = 0 at rate 1e-3");
  assert.match(JSON.stringify(layout.annotations), /recommended: N = 0 at rate 1e-3/);
});
