import assert from "node:assert/strict";
import { test } from "node:test";
import { toSvg } from "../../src/report/toSvg";
import { growthFigure } from "./growthFigure";
import { GROWTH, MIDDLE, sizeName, sizes } from "./parts/growthPart";
import { stepFlops } from "./stepFlops";

/** A machine at which a step takes 1 ms a GFLOP, and tensors 1 MB a layer. */
const measured = Object.fromEntries(
  sizes().map((size) => {
    const figures = { seconds: [9, stepFlops(size) / 1e12], peakTensorBytes: size.layers * 1e6 };
    return [sizeName(size), { kit: [figures], peer: [] }];
  }),
);
const figure = growthFigure(measured);
const lines = figure.data as unknown as { name: string; x: number[]; y: number[]; xaxis: string }[];
const panel = (xaxis: string) => lines.filter((line) => line.xaxis === xaxis);
const named = (all: typeof lines, name: string) => all.find((line) => line.name === name)!;

test("Rows, tokens, layers and width have a panel each, with seconds, memory and operations.", () => {
  assert.deepEqual(
    ["x", "x2", "x3", "x4"].map((axis) => panel(axis).map(({ x }) => x)),
    Object.values(GROWTH).map((values) => [values, values, values]),
  );
  for (const axis of ["x", "x2", "x3", "x4"])
    assert.deepEqual(
      panel(axis)
        .map(({ name }) => name)
        .sort(),
      ["operations (FLOP)", "peak tensor memory", "seconds"],
    );
});

test("All lines pass through 1 where the panels meet.", () => {
  for (const [i, name] of (["rows", "tokens", "layers", "hidden"] as const).entries())
    for (const { x, y } of panel(i === 0 ? "x" : `x${i + 1}`)) assert.equal(y[x.indexOf(MIDDLE[name])], 1);
});

test("Seconds that follow the operations lie on their line; the first steps do not count.", () => {
  for (const axis of ["x", "x2", "x3", "x4"]) {
    const [seconds, flops] = ["seconds", "operations (FLOP)"].map((name) => named(panel(axis), name).y);
    seconds.forEach((value, i) => {
      assert.ok(Math.abs(value / flops[i] - 1) < 1e-9);
    });
  }
});

test("Memory is a multiple of its own middle.", () => {
  assert.deepEqual(
    named(panel("x3"), "peak tensor memory").y,
    GROWTH.layers.map((layers) => layers / 4),
  );
  assert.deepEqual(named(panel("x"), "peak tensor memory").y, [1, 1, 1, 1, 1]);
});

test("The picture shows the sizes as ticks and says what 1 stands for.", async () => {
  const svg = await toSvg(figure);
  for (const text of ["Rows a batch", "Hidden units", "1024", "4 layers of 256 units", "1/4"])
    assert.ok(svg.includes(text), `${text} is not in the picture`);
});
