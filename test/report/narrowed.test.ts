import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { epochsFigure } from "../../src/report/epochsFigure";
import { memoryFigure } from "../../src/report/memoryFigure";
import { narrowed } from "../../src/report/narrowed";
import { secondsFigure } from "../../src/report/secondsFigure";
import { fakeRecords } from "./fakeRecords";

const records = fakeRecords({ strategies: ["freeze", "lora"], depths: [-1, 0, 3] });

interface Texts {
  title: { text: string };
  annotations: { align?: string; text: string }[];
}

/** The lines of title and explanation. */
function linesOf(layout: object): string[] {
  const { title, annotations } = layout as Texts;
  return [title, ...annotations.filter(({ align }) => align === "left")]
    .flatMap(({ text }) => text.split("<br>"))
    .map((line) => line.replace(/<[^>]*>/g, ""));
}

for (const draw of [accuracyFigure, secondsFigure, memoryFigure, epochsFigure])
  test(`${draw.name} keeps its words on a narrow screen, in shorter lines, with room for them`, () => {
    const { layout } = draw(records, {});
    const before = structuredClone(layout);
    const narrow = narrowed(layout) as typeof layout & { margin: { t: number } };
    assert.deepEqual(layout, before, "the wide one stays");
    assert.equal(linesOf(narrow).join(" "), linesOf(layout).join(" "));
    for (const line of linesOf(narrow)) assert.ok(line.length <= 50, line);
    const added = linesOf(narrow).length - linesOf(layout).length;
    assert.ok(added >= (draw === epochsFigure ? 0 : 1));
    assert.equal(narrow.margin.t, (layout.margin as { t: number }).t + 17 * added);
  });
