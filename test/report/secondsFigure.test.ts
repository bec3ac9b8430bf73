import assert from "node:assert/strict";
import { test } from "node:test";
import { secondsFigure } from "../../src/report/secondsFigure";
import { atRate } from "../sweep/atRate";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";

interface Text {
  text: string;
  x: number;
  y: number;
}

const seconds = (trainSeconds: number, evalSeconds: number) => fakeEpoch({ trainSeconds, evalSeconds });
const records = [
  fakeRecord({ n: -1, accuracy: 0.9, frozenSeconds: 0, epochs: [seconds(20, 4), seconds(10, 2)] }),
  fakeRecord({ n: 2, accuracy: 0.9, frozenSeconds: 5, epochs: [seconds(6, 2), seconds(4, 2)] }),
];

test("Training and evaluation are seconds per epoch; the frozen pass is its own segment, whole, hatched and on top.", () => {
  const { data, layout } = secondsFigure(records);
  const segments = data as {
    name: string;
    x: number[];
    y: number[];
    marker: { pattern: { shape: string } };
  }[];
  assert.deepEqual(
    segments.map(({ name, y, marker }) => [name, y, marker.pattern.shape]),
    [
      ["training", [15, 5], ""],
      ["evaluation", [3, 2], ""],
      ["frozen pass (once per trial)", [0, 5], "/"],
    ],
  );
  for (const { x } of segments) assert.deepEqual(x, [-1, 2]);
  assert.equal(layout.barmode, "stack");
});

test("Above each bar stands the share that its whole trial takes of one with nothing frozen; without such a one, nothing.", () => {
  const shares = (of: typeof records) => (secondsFigure(of).layout.annotations as Text[]).slice(2);
  assert.deepEqual(
    shares(records).map(({ x, y, text }) => [x, y, text]),
    [
      [-1, 18, "100 %"],
      [2, 12, "53 %"],
    ],
  );
  const without = [records[1]];
  assert.deepEqual(shares(without), []);
  assert.deepEqual((secondsFigure(without).layout.yaxis as { range: number[] }).range, [0, 12 * 1.05]);
});

test("The axis starts at zero and is in seconds; the explanation says what is paid how often.", () => {
  const { layout } = secondsFigure(records);
  const { range, title } = layout.yaxis as { range: number[]; title: { text: string } };
  assert.deepEqual(range, [0, 18 * 1.14]);
  assert.equal(title.text, "Seconds per epoch (s)");
  assert.deepEqual(
    (layout.annotations as { text: string }[]).slice(0, 2).map(({ text }) => text),
    [
      "Solid: every epoch. Hatched: the frozen pass, once per trial, within its first epoch<br>Percent: seconds of the whole trial as a share of those with nothing frozen (N = none)",
      "<b>recommended: N = 2</b>",
    ],
  );
});

test("Where a frozen pass was read from disk, its trial's share has a star, and the explanation says what that means.", () => {
  const cached = secondsFigure([records[0], { ...records[1], frozenFrom: "cache" }]);
  const texts = (cached.layout.annotations as { text: string }[]).map(({ text }) => text);
  assert.match(
    texts[0],
    /<br>\* read from disk, where an earlier run had left what the frozen part computes/,
  );
  assert.equal(texts.filter((text) => / %\*$/.test(text)).length, 1);
});

test("No bar reaches beyond the axis, however far apart the depths are and whatever stands beside them.", () => {
  const [record] = records;
  const at = (n: number, strategy = "freeze") =>
    ({ ...record, n, strategy, trial: `${strategy} ${n}` }) as typeof record;
  const lora = { ...at(-1, "lora"), recipe: { recipe: "lora" } } as typeof record;
  const sets = [
    [at(0), at(2), at(4), at(6)],
    [at(0), at(6)],
    [at(-1), at(0), at(3), at(6)],
    [at(3)],
    [at(0), at(4), at(8), lora],
    [at(0), at(6), at(0, "thaw"), at(1, "thaw")],
  ];
  const widths = sets.map((set) => {
    const { data, layout } = secondsFigure(set);
    const bars = data as {
      x: number[];
      width: number;
      xaxis: "x" | "x2";
    }[];
    for (const { x, width, xaxis } of bars) {
      const axis = layout[xaxis.replace("x", "xaxis")] as { range: [number, number] };
      assert.ok(axis.range[0] < Math.min(...x) - width / 2, `${axis.range} ${x} ${width}`);
      assert.ok(axis.range[1] > Math.max(...x) + width / 2, `${axis.range} ${x} ${width}`);
    }
    assert.equal(new Set(bars.map(({ width }) => width)).size, 1);
    return bars[0].width;
  });
  // Neighbours stay apart: a bar takes seven tenths of the smallest distance.
  assert.deepEqual(widths, [1.4, 0.7 * 6, 0.7, 0.7, 0.7, 0.7]);
});

test("The hover gives the whole trial too.", () => {
  const { data } = secondsFigure(records);
  assert.deepEqual(data[0].customdata, [
    ["N = none", "18.00", "0.00", "36.00", 2],
    ["N = 2", "7.00", "5.00", "19.00", 2],
  ]);
});

test("Strategies have a panel each, one scale, one legend, and the mark stands in the recommended one's.", () => {
  const thaw = records.map((record) => ({
    ...record,
    strategy: "thaw",
    trial: `thaw ${record.n}`,
    accuracy: 0.95,
    frozenSeconds: 30,
  }));
  const { data, layout } = secondsFigure([...records, ...thaw]);
  assert.deepEqual(
    data.map(({ xaxis, showlegend }) => `${xaxis} ${showlegend}`),
    ["x true", "x true", "x true", "x2 false", "x2 false", "x2 false"],
  );
  const [upper, lower] = [layout.yaxis, layout.yaxis2] as {
    domain: number[];
    range: number[];
    title: { text: string };
  }[];
  assert.deepEqual(upper.range, lower.range);
  assert.ok(upper.domain[0] > lower.domain[1]);
  assert.equal(lower.title.text, "<b>thaw</b><br>Seconds per epoch (s)");
  const [mark] = layout.shapes as { xref: string; yref: string }[];
  assert.deepEqual([mark.xref, mark.yref], ["x2", "y2 domain"]);
});

test("The figure is plain JSON.", () => {
  const figure = secondsFigure(records);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

test("A depth's costs are those at its best learning rate, which hover and mark name.", () => {
  const trial = (rate: number, accuracy: number, trainSeconds: number) =>
    atRate(rate, { accuracy, epochs: [fakeEpoch({ trainSeconds, metrics: { accuracy } })] });
  const { data, layout } = secondsFigure([trial(5e-5, 0.7, 1), trial(1e-3, 0.8, 2)]);
  for (const { customdata } of data) assert.equal((customdata as string[][])[0][0], "N = 0 at rate 1e-3");
  assert.match(JSON.stringify(layout.annotations), /recommended: N = 0 at rate 1e-3/);
  assert.deepEqual(data[0].y, [2]);
});
