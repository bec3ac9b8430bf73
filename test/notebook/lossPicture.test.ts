import assert from "node:assert/strict";
import { test } from "node:test";
import { type Losses, lossPicture } from "../../src/notebook/lossPicture";

const { JSDOM } = require("jsdom");

const draw = (losses: Losses) =>
  new JSDOM(lossPicture(losses), { contentType: "image/svg+xml" }).window.document;
const line = (losses: Losses): number[][] =>
  draw(losses)
    .querySelector("polyline")
    .getAttribute("points")
    .split(" ")
    .map((point: string) => point.split(",").map(Number));

test("The line grows to the right as steps are made, on a scale of all steps to come", () => {
  const first = line({ steps: 10, train: [3, 2], valid: [] });
  const later = line({ steps: 10, train: [3, 2, 1, 0.5, 0.4], valid: [] });
  assert.equal(first.length, 2);
  assert.deepEqual(
    later.slice(0, 2).map(([x]) => x),
    first.map(([x]) => x),
  );
  assert.ok(later[4][0] < 640 / 2 + 60, "halfway");
  assert.ok(
    later.every(([, y], i) => i === 0 || y > later[i - 1][1]),
    "falling",
  );
});

test("Validation losses are squares at their steps, and named as soon as there is one", () => {
  const before = draw({ steps: 4, train: [1, 0.8], valid: [] });
  const after = draw({ steps: 4, train: [1, 0.8], valid: [{ step: 2, loss: 0.9 }] });
  assert.equal(before.querySelectorAll("rect").length, 1);
  assert.doesNotMatch(before.documentElement.textContent, /validation loss/);
  assert.match(after.documentElement.textContent, /training loss +■ validation loss/);
  const square = after.querySelectorAll("rect")[1];
  const [x, y] = line({ steps: 4, train: [1, 0.8], valid: [{ step: 2, loss: 0.9 }] })[1];
  assert.equal(Number(square.getAttribute("x")) + 4, x);
  assert.ok(Number(square.getAttribute("y")) + 4 < y, "0.9 stands above 0.8");
});

test("A run that goes on after some steps is drawn behind them", () => {
  const [first] = line({ steps: 10, before: 6, train: [1, 0.8], valid: [] });
  assert.equal(first[0], line({ steps: 10, train: [1, 1, 1, 1, 1, 1, 1], valid: [] })[6][0]);
});

test("The scale names lowest, middle and highest loss", () => {
  const document = draw({ steps: 2, train: [0.75, 0.25], valid: [] });
  const texts = [...document.querySelectorAll("text")].map((text) => text.textContent);
  for (const loss of ["0.250", "0.500", "0.750"]) assert.ok(texts.includes(loss), texts.join(" | "));
});

test("Ten thousand steps are a few hundred points of their means, and end where the training is", () => {
  const train = Array.from({ length: 10_000 }, (_, i) => (i % 2 ? 1 : 3));
  const points = line({ steps: 10_000, train, valid: [] });
  assert.ok(points.length <= 300, `${points.length} points`);
  assert.equal(new Set(points.map(([, y]) => y)).size, 1);
  assert.equal(points.at(-1)![0], 624);
});

test("One step, equal losses and no step yet are pictures too", () => {
  for (const train of [[0.7], [0.7, 0.7], [0, 0], []]) {
    const svg = lossPicture({ steps: 5, train, valid: [] });
    assert.doesNotMatch(svg, /NaN|Infinity/);
    assert.ok(new JSDOM(svg, { contentType: "image/svg+xml" }));
  }
});
