import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { addTextMeasures } from "../../src/report/addTextMeasures";
import { epochsFigure } from "../../src/report/epochsFigure";
import { memoryFigure } from "../../src/report/memoryFigure";
import { secondsFigure } from "../../src/report/secondsFigure";
import { toSvg } from "../../src/report/toSvg";
import { fakeRecord } from "../sweep/fakeRecord";
import { fakeRecords } from "./fakeRecords";

const { JSDOM } = require("jsdom");
const records = fakeRecords();
const read = (svg: string) => new JSDOM(svg, { contentType: "image/svg+xml" }).window.document;
const all = (svg: string, selector: string) => [...read(svg).querySelectorAll(selector)];

test("The picture holds the figure's texts and a mark for each depth.", async () => {
  const svg = await toSvg(accuracyFigure(records));
  const texts = all(svg, "text").map((text) => text.textContent);
  for (const text of [
    "Accuracy against frozen blocks",
    "Accuracy",
    "Frozen blocks N (0: embeddings only, none: nothing frozen)",
    "recommended: N = 2",
    "none",
    "6",
  ])
    assert.ok(texts.includes(text), `${text} is not among ${texts.join(" | ")}`);
  // Eight depths and the ring; an error bar on each depth.
  assert.equal(all(svg, ".scatterlayer path.point").length, 9);
  assert.equal(all(svg, ".errorbar").length, 8);
});

test("Bars are stacked segments, those of the frozen pass hatched.", async () => {
  const svg = await toSvg(secondsFigure(records));
  const bars = all(svg, ".barlayer .point path");
  assert.equal(bars.length, 3 * 8);
  assert.equal(bars.filter((bar) => bar.style.fill.startsWith("url(")).length, 8);
});

test("Every figure is drawn with its panels.", async () => {
  assert.equal(all(await toSvg(memoryFigure(records)), ".scatterlayer .trace").length, 2);
  assert.equal(all(await toSvg(epochsFigure(records)), ".scatterlayer .trace").length, 3 * 8);
});

test("The picture is as large as the layout says, or as asked for.", async () => {
  const figure = accuracyFigure(records);
  const size = (svg: string) =>
    ["width", "height"].map((name) => read(svg).documentElement.getAttribute(name));
  assert.deepEqual(size(await toSvg(figure)), ["700", String(figure.layout.height)]);
  assert.deepEqual(size(await toSvg(figure, { width: 500, height: 300 })), ["500", "300"]);
});

test("No text leaves the picture or lies on another, be there few depths or many, one strategy or two.", async () => {
  const sweeps = [
    fakeRecords({ depths: [0, 12], seeds: [0], epochs: 1, strategies: ["freeze", "gradual thaw"] }),
    fakeRecords({ depths: Array.from({ length: 14 }, (_, i) => i - 1), seeds: [0] }),
  ];
  for (const sweep of sweeps)
    for (const draw of [accuracyFigure, secondsFigure, memoryFigure, epochsFigure]) {
      const figure = draw(sweep);
      const boxes = textBoxes(await toSvg(figure));
      for (const [i, a] of boxes.entries()) {
        assert.ok(a.left >= 0 && a.right <= 700, `${draw.name}: ${a.text} spans ${a.left} to ${a.right}`);
        assert.ok(
          a.top >= -2 && a.bottom <= (figure.layout.height as number),
          `${draw.name}: ${a.text} ends at ${a.bottom}`,
        );
        for (const b of boxes.slice(0, i))
          assert.ok(
            a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top,
            `${draw.name}: ${a.text} lies on ${b.text}`,
          );
      }
    }
});

/** Where the texts stand, in a wide font, less the leading above and below the letters. */
function textBoxes(
  svg: string,
): { text: string; left: number; right: number; top: number; bottom: number }[] {
  const { window } = new JSDOM(svg, { contentType: "image/svg+xml" });
  addTextMeasures(window);
  return [...window.document.querySelectorAll("text")]
    .filter((text) => text.textContent)
    .map((text) => {
      const { left, right, top, bottom } = text.getBoundingClientRect();
      return { text: text.textContent, left, right, top: top + 3, bottom: bottom - 3 };
    });
}

test("Names are drawn as they are, however much they look like markup.", async () => {
  const strategy = '</script><img src="x" onerror="alert(1)"> <b>&amp;</b> %{x}';
  const svg = await toSvg(accuracyFigure([fakeRecord({ strategy }), fakeRecord({ strategy: "freeze" })]));
  assert.deepEqual(
    all(svg, ".legendtext").map((text) => text.textContent),
    [strategy, "freeze"],
  );
  assert.equal(all(svg, "img, image, script").length, 0);
});

test("The figure itself is left as it was.", async () => {
  const figure = accuracyFigure(records);
  await toSvg(figure);
  assert.deepEqual(figure, accuracyFigure(records));
});

test("The same figure gives the same text, whatever was drawn before or is drawn beside it.", async () => {
  const figure = secondsFigure(records);
  const [first, other, second] = await Promise.all([
    toSvg(figure),
    toSvg(memoryFigure(records)),
    toSvg(figure),
  ]);
  assert.equal(first, second);
  // And two figures have no id in common, so that one page can hold both.
  const ids = (svg: string) => all(svg, "[id]").map((element) => element.id as string);
  assert.deepEqual(
    ids(first).filter((id) => ids(other).includes(id)),
    [],
  );
});

test("A figure Plotly cannot draw is an error, and the next one is drawn all the same.", async () => {
  const bad = { data: [], layout: { height: -5 } };
  await assert.rejects(toSvg(bad));
  assert.match(await toSvg(accuracyFigure(records)), /^<svg/);
});

test("Drawing keeps no process alive, and nothing is loaded before the first picture.", () => {
  const script = `
    const { toSvg } = require("./src/report/toSvg");
    const loaded = () => Object.keys(require.cache).some((path) => path.includes("/jsdom/"));
    const before = loaded();
    toSvg({ data: [{ y: [1, 2] }], layout: {} }).then((svg) => console.log(before, loaded(), svg.slice(0, 4)));`;
  const out = execFileSync(process.execPath, ["--import", "tsx", "--eval", script], {
    cwd: join(__dirname, "../.."),
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(out, "false true <svg\n");
});

test("Control characters and halves of letters in a figure's texts cost nothing but themselves.", async () => {
  const text = "a\u0000b\u001bc\ud800d\ufffe";
  const figure = {
    data: [{ type: "scatter", x: [text, "e"], y: [1, 2], name: text }],
    layout: { title: { text } },
  };
  const svg = await toSvg(figure);
  assert.match(svg, /a␀b␛c\ufffdd\ufffd/);
  assert.doesNotMatch(svg, /(?![\t\n\r])\p{Cc}|\p{Cs}/u);
  assert.equal(figure.data[0].name, text, "the figure stays as it was");
});
