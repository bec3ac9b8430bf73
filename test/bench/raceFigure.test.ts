import assert from "node:assert/strict";
import { test } from "node:test";
import { toSvg } from "../../src/report/toSvg";
import type { Rounds } from "./contest";
import { fakeSweep } from "./fakeRounds";
import { raceFigure } from "./raceFigure";

const side = (...seconds: number[][]) => seconds.map((each) => fakeSweep([0.8, 0.7], each));
const rounds: Rounds = { kit: side([4, 1], [5, 3], [7, 2]), peer: side([10, 9], [12, 9], [11, 9]) };

interface Line {
  name: string;
  x: number[];
  y: number[];
  error_y: { array: number[]; arrayminus: number[] };
}

test("A line a side: medians of the rounds, bars to the fastest and the slowest.", () => {
  const [kit, peer] = raceFigure([{ name: "float32", rounds }]).data as unknown as Line[];
  assert.deepEqual([kit.name, kit.x, kit.y], ["frostkit", [0, 1], [5, 2]]);
  assert.deepEqual(
    [kit.error_y.array, kit.error_y.arrayminus],
    [
      [2, 1],
      [1, 1],
    ],
  );
  assert.deepEqual([peer.name, peer.y], ["PyTorch", [11, 9]]);
});

test("Two sweeps are told apart by name; a side that did not run has no line.", () => {
  const { data } = raceFigure([
    { name: "float32", rounds },
    { name: "bfloat16", rounds: { ...rounds, peer: [] } },
  ]);
  assert.deepEqual(
    data.map(({ name }) => name),
    ["frostkit, float32", "PyTorch, float32", "frostkit, bfloat16"],
  );
});

test("The picture says what was trained on, and its axis starts at zero.", async () => {
  const figure = raceFigure([{ name: "float32", rounds }]);
  const { rangemode, title } = figure.layout.yaxis as { rangemode: string; title: { text: string } };
  assert.deepEqual([rangemode, title.text], ["tozero", "Seconds (s)"]);
  const svg = await toSvg(figure);
  for (const text of ["6,090 rows to train on", "Median of 3 rounds", "PyTorch", "Frozen blocks N"])
    assert.ok(svg.includes(text), `${text} is not in the picture`);
});
