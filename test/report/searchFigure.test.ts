import assert from "node:assert/strict";
import { test } from "node:test";
import { searchFigure } from "../../src/report/searchFigure";
import { toSvg } from "../../src/report/toSvg";
import { searched } from "../search/searched";

type Trace = Record<string, unknown> & { name: string; x: number[]; y: number[] };
const traces = (figure = searchFigure(searched())) =>
  Object.fromEntries((figure.data as Trace[]).map((trace) => [trace.name, trace]));

test("The picture tells measured, predicted and dropped depths apart, and rings the chosen one.", () => {
  const { measured, predicted, chosen, "takes longer than wanted": dropped } = traces();
  assert.deepEqual(
    [measured.x, measured.y],
    [
      [4, 5, 6],
      [0.9074, 0.9028, 0.8935],
    ],
  );
  assert.deepEqual(predicted.x, [3, 4, 5, 6]);
  const { size, symbol } = predicted.marker as { size: number[]; symbol: string };
  assert.deepEqual([size, symbol], [[9, 0, 0, 0], "circle-open"]);
  assert.deepEqual(dropped.x, [-1]);
  assert.deepEqual([chosen.x, chosen.y], [[5], [0.9028]]);
});

test("Bars are the interval of a depth's difference to the chosen one, which itself has none.", () => {
  const { error_y } = traces().measured;
  const { array, arrayminus } = error_y as { array: number[]; arrayminus: number[] };
  const near = (a: number[], b: number[]) => assert.ok(a.every((value, i) => Math.abs(value - b[i]) < 1e-9));
  near(array, [0.0093, 0, 0.0176]);
  near(arrayminus, [0.0093, 0, 0.0176]);
});

test("It says what its marks are, of those that are there alone, and draws.", async () => {
  const text = (figure = searchFigure(searched())) => JSON.stringify(figure.layout);
  assert.match(text(), /Open, dotted: predicted/);
  assert.match(text(), /Crosses: not looked at/);
  const { depths } = searched();
  const known = searchFigure(searched({ depths: depths.filter(({ state }) => state === "measured") }));
  assert.doesNotMatch(text(known), /Open|Crosses/);
  assert.equal(traces(known)["takes longer than wanted"], undefined);
  assert.match(await toSvg(searchFigure(searched())), /N = 5 at rate 1e-3/);
});

test("Of a metric that is better when lower the axis says so.", () => {
  const { layout } = searchFigure(searched({ metric: "rmse" }));
  assert.match(JSON.stringify(layout.yaxis), /lower is better/);
});

test("Anything but what a search came to is refused in one line.", () => {
  assert.throws(() => searchFigure({} as never), {
    message: /^searchFigure: result: expected what a search came to/,
  });
});
