import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { epochsFigure } from "../../src/report/epochsFigure";
import { memoryFigure } from "../../src/report/memoryFigure";
import { reportHtml } from "../../src/report/reportHtml";
import { secondsFigure } from "../../src/report/secondsFigure";
import { toSvg } from "../../src/report/toSvg";
import { fakeRecords } from "./fakeRecords";

const names = ["layerwiseDecay", "gradual", "bitFit", "norms", "lora"];
const recipes = names.flatMap((strategy) =>
  fakeRecords({ strategies: [strategy], depths: [-1] }).map((record) => ({
    ...record,
    recipe: { recipe: strategy },
  })),
);
const records = [...fakeRecords({ depths: [0, 1, 2] }), ...recipes];
const axisOf = ({ layout }: { layout: Record<string, unknown> }) =>
  layout.xaxis as { tickvals: number[]; ticktext: string[] };

for (const [title, draw] of Object.entries({ accuracyFigure, memoryFigure, secondsFigure }))
  test(`Recipes stand behind the deepest freeze, named on the axis: ${title}.`, () => {
    const { tickvals, ticktext } = axisOf(draw(records));
    assert.deepEqual(tickvals, [0, 1, 2, 3, 4, 5, 6, 7]);
    assert.deepEqual(ticktext, ["0", "1", "2", ...names]);
  });

test("The N-curve keeps its line, and each recipe is one point with its error bar.", () => {
  const { data } = accuracyFigure(records);
  assert.deepEqual(
    data.slice(0, 6).map(({ name, x }) => [name, x]),
    [["freeze", [0, 1, 2]], ...names.map((name, i) => [name, [3 + i]])],
  );
  assert.ok((data[5].error_y as { array: number[] }).array[0] > 0);
});

test("Seconds of recipes are bars of the same panel and scale.", () => {
  const { data } = secondsFigure(records);
  assert.equal(data.length, 3);
  assert.deepEqual(data[0].x, [0, 1, 2, 3, 4, 5, 6, 7]);
});

test("Learning curves of recipes share a row of panels, each with its name in the legend.", () => {
  const { data, layout } = epochsFigure(records);
  const legend = data.filter(({ showlegend }) => showlegend).map(({ name }) => name);
  assert.deepEqual(legend.toSorted(), ["N = 0", "N = 1", "N = 2", ...names].toSorted());
  assert.equal((layout.yaxis4 as { title: { text: string } }).title.text, "<b>recipes</b>");
});

test("Recipes alone, without a depth, are drawn too, and the best one is marked.", async () => {
  const { tickvals, ticktext } = axisOf(accuracyFigure(recipes));
  assert.deepEqual([tickvals, ticktext], [[-1, 0, 1, 2, 3], names]);
  for (const draw of [accuracyFigure, memoryFigure, secondsFigure, epochsFigure])
    assert.match(await toSvg(draw(recipes)), /^<svg/);
});

test("The report's table has a line for each recipe, without an N.", async () => {
  const html = reportHtml(records, [], { title: "recipes" });
  for (const name of names) assert.match(html, new RegExp(`<td>${name}</td><td></td><td>0\\.\\d{4} ± `));
});

test("The recipes' names stand below the axis and above its title, none outside the picture.", async () => {
  const svg = await toSvg(accuracyFigure(records));
  for (const name of names) assert.ok(svg.includes(`>${name}</text>`), name);
});
