import assert from "node:assert/strict";
import { test } from "node:test";
import { addTextMeasures } from "../../src/report/addTextMeasures";
import { confusionMatrixFigure } from "../../src/report/confusionMatrixFigure";
import { toPng } from "../../src/report/toPng";
import { toSvg } from "../../src/report/toSvg";

const { JSDOM } = require("jsdom");
const matrix = {
  classes: ["blame", "praise"],
  counts: [
    [1200, 300],
    [0, 500],
  ],
};

test("Each pair of classes has its count, labels down and predictions across.", () => {
  const { data, layout } = confusionMatrixFigure(matrix);
  assert.deepEqual(
    [data[0].x, data[0].y, data[0].text],
    [
      [0, 1, 0, 1],
      [0, 0, 1, 1],
      ["1,200", "300", "0", "500"],
    ],
  );
  const [x, y] = [layout.xaxis, layout.yaxis] as { range: number[]; ticktext: string[] }[];
  assert.deepEqual([x.ticktext, y.ticktext], [matrix.classes, matrix.classes]);
  // The first label stands on top.
  assert.deepEqual(
    [x.range, y.range],
    [
      [-0.5, 1.5],
      [1.5, -0.5],
    ],
  );
});

test("A square's colour is its share of the label's rows, and the hover says it.", () => {
  const { data, layout } = confusionMatrixFigure(matrix);
  const shapes = layout.shapes as { fillcolor: string; x0: number; y0: number }[];
  assert.deepEqual(
    shapes.map(({ x0, y0 }) => [x0, y0]),
    [
      [-0.5, -0.5],
      [0.5, -0.5],
      [-0.5, 0.5],
      [0.5, 0.5],
    ],
  );
  assert.equal(shapes[2].fillcolor, "rgb(244, 244, 244)");
  assert.equal(shapes[3].fillcolor, "rgb(0, 114, 178)");
  assert.deepEqual((data[0].customdata as string[][])[0], ["blame", "blame", "80.0"]);
});

test("A label without a row has shares of 0, and the title says how many rows are right.", () => {
  const { data, layout } = confusionMatrixFigure({
    classes: ["a", "b"],
    counts: [
      [0, 0],
      [1, 2],
    ],
  });
  assert.deepEqual((data[0].customdata as string[][])[0], ["a", "a", "0.0"]);
  const [{ text }] = layout.annotations as { text: string }[];
  assert.equal(text, "2 of 3 rows right, those on the diagonal");
});

test("It draws without a browser, names shortened and read as text, be there two classes or many.", async () => {
  const many = Array.from({ length: 12 }, (_, i) => `a <b>name</b> of some notable length ${i}`);
  const svg = await toSvg(
    confusionMatrixFigure({ classes: many, counts: many.map((_, i) => many.map((_, j) => i * j)) }),
  );
  const { document } = new JSDOM(svg, { contentType: "image/svg+xml" }).window;
  const texts: string[] = [...document.querySelectorAll("text")].map((text) => text.textContent);
  assert.ok(texts.includes("a <b>name</…ble length 3"), texts.join(" | "));
  assert.ok(texts.includes("121"));
  assert.equal(document.querySelectorAll(".shapelayer path").length, 144);
  assert.equal((await toPng(confusionMatrixFigure(matrix))).subarray(1, 4).toString(), "PNG");
});

test("The figure is plain JSON.", () => {
  const figure = confusionMatrixFigure(matrix);
  assert.deepEqual(JSON.parse(JSON.stringify(figure)), figure);
});

test("Long names are cut in the middle and stay different; across they stand upright, within the picture.", async () => {
  const classes = [
    ...["bank_transfer", "cheque_or_cash_deposit"].map((by) => `balance_not_updated_after_${by}`),
    ...["one", "two"].map((middle) => `the very same words, then ${middle}, and again the same`),
    ...Array.from({ length: 8 }, (_, i) => `class ${i}`),
  ];
  const figure = confusionMatrixFigure({ classes, counts: classes.map(() => classes.map(() => 1)) });
  const { ticktext, tickangle } = figure.layout.xaxis as { ticktext: string[]; tickangle: number };
  assert.equal(new Set(ticktext).size, classes.length);
  assert.equal(ticktext[0], "balance_not…ank_transfer");
  assert.equal(tickangle, -90);
  assert.equal((confusionMatrixFigure(matrix).layout.xaxis as { tickangle: number }).tickangle, 0);
  const { window } = new JSDOM(await toSvg(figure), { contentType: "image/svg+xml" });
  addTextMeasures(window);
  const title = [...window.document.querySelectorAll("text")].find(
    (text) => text.textContent === "Predicted",
  );
  const { bottom } = title.getBoundingClientRect();
  assert.ok(bottom <= (figure.layout.height as number), `${bottom}`);
});
