import assert from "node:assert/strict";
import { test } from "node:test";
import { learningRateFigure } from "../../src/report/learningRateFigure";
import { toSvg } from "../../src/report/toSvg";
import type { RateCurve } from "../../src/search/findLearningRate";
import { RateRange } from "../../src/search/RateRange";
import { assertClose } from "../close";

type Trace = Record<string, unknown> & { name: string; x: number[]; y: number[] };
type Axis = { type?: string; range: [number, number] };

/** A loss that falls from 2 to its least at a step, and rises without bound. */
function curve(n: number | null, least: number): RateCurve {
  const range = new RateRange({ min: 1e-6, max: 1, steps: 100 });
  for (let step = 0; range.ended === null; step++)
    range.take(step < least ? 2 - step / least : 1.5 ** (step - least));
  return { n, learningRate: range.suggested, tried: range.tried, ended: range.ended };
}

const traces = (curves: RateCurve[]) => learningRateFigure(curves).data as Trace[];

test("Each depth has a line of the smoothed loss over the rate, and a mark on it at the rate that is suggested", () => {
  const curves = [curve(4, 60), curve(-1, 40), curve(6, 80)];
  const drawn = traces(curves);
  assert.deepEqual(
    drawn.map(({ name }) => name),
    curves.flatMap(({ n, learningRate }) => {
      const depth = `N = ${n === -1 ? "none" : n}`;
      return [`${depth}: ${learningRate!.toExponential()}`, `${depth}, suggested`];
    }),
  );
  for (const [i, { tried, learningRate }] of curves.entries()) {
    const [line, mark] = drawn.slice(2 * i, 2 * i + 2);
    assert.deepEqual(
      line.x,
      tried.map((each) => each.learningRate),
    );
    assert.deepEqual(
      line.y,
      tried.map(({ smoothed }) => smoothed),
    );
    assert.deepEqual(mark.x, [learningRate]);
    const before = tried.findLast((each) => each.learningRate <= learningRate!)!;
    const after = tried.find((each) => each.learningRate >= learningRate!)!;
    const [low, high] = [before.smoothed, after.smoothed].sort((a, b) => a - b);
    assert.ok(low <= mark.y[0] && mark.y[0] <= high);
  }
});

test("Depths stand in their order in the legend, whatever the order of curves, and nothing frozen has a colour of its own", () => {
  const [four, none, six] = traces([curve(4, 60), curve(-1, 40), curve(6, 80)]).filter(
    ({ showlegend }) => showlegend,
  );
  assert.deepEqual([none.legendrank, four.legendrank, six.legendrank], [0, 1, 2]);
  const colours = [none, four, six].map(({ line }) => (line as { color: string }).color);
  assert.equal(new Set(colours).size, 3);
  assert.equal(colours[0], "#D55E00");
});

test("Rates are drawn by their logarithm; a loss that diverges does not flatten the others", () => {
  const { layout } = learningRateFigure([curve(0, 50), curve(3, 70)]);
  const [x, y] = [layout.xaxis as Axis, layout.yaxis as Axis];
  assert.equal(x.type, "log");
  const all = [curve(0, 50), curve(3, 70)].flatMap(({ tried }) => tried.map(({ smoothed }) => smoothed));
  const least = Math.min(...all);
  assert.ok(Math.max(...all) > 3, "it diverges");
  assertClose(
    y.range,
    [least - 0.06 * 1.4 * (2 - least), 2 + (0.4 + 0.06 * 1.4) * (2 - least)],
    1e-9,
    "range",
  );
});

test("A single curve is named for what it is; one that suggests nothing has no mark, and says so", async () => {
  const alone = traces([curve(null, 60)]);
  assert.match(alone[0].name, /^smoothed loss: \d(\.\d)?e-\d$/);
  const flat = { ...curve(2, 60), learningRate: null };
  assert.deepEqual(
    traces([flat]).map(({ name }) => name),
    ["N = 2: none"],
  );
  assert.match(await toSvg(learningRateFigure([flat, curve(3, 60)])), /N = 2: none/);
});

test("What was stopped before a step, or at its first, is drawn as far as it goes", async () => {
  const whole = curve(4, 60);
  const cut = (steps: number): RateCurve => ({
    ...{ n: 5, learningRate: null, ended: "aborted" },
    tried: whole.tried.slice(0, steps),
  });
  for (const curves of [[cut(0)], [cut(1)], [whole, cut(0)]])
    assert.match(await toSvg(learningRateFigure(curves)), /Learning rates tried/);
});

test("Anything but curves is refused in one line.", () => {
  for (const wrong of [[], {}, [{ n: 3 }], [{ n: "3", tried: [] }]])
    assert.throws(() => learningRateFigure(wrong as never), {
      message: /^learningRateFigure: curves: expected a list of curves, as findLearningRate gives it, got/,
    });
});
