import assert from "node:assert/strict";
import { dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { fencedBlocks, sources, textOf } from "./blocks";

/** The folder of src/ that a file lies in; "" for src/ itself. */
const roomOf = (file: string): string => (file.split("/").length > 2 ? file.split("/")[1] : "");

/** "sweep training" for each import from one room to another. */
const imports = new Map<string, string>();
for (const file of sources)
  for (const [, path] of textOf(file).matchAll(/(?:\bfrom |\bimport\(|\brequire\()"(\.[^"]*)"/g)) {
    const [from, to] = [
      roomOf(file),
      roomOf(normalize(join(dirname(file), `${path}.ts`)).replaceAll("\\", "/")),
    ];
    if (from && to && from !== to) imports.set(`${from} ${to}`, file);
  }

const drawing = fencedBlocks(textOf("docs/architecture.md"), "").find(
  ({ language }) => language === "mermaid",
)!;
const arrows = [...drawing.code.matchAll(/(\w+)(?:\[.*?\])? --> (\w+)/g)].map(([, from, to]) => [from, to]);

/** All rooms that can be reached from a room along the drawing's arrows. */
function below(room: string): Set<string> {
  const found = new Set<string>();
  const visit = (from: string) => {
    for (const [a, b] of arrows)
      if (a === from && !found.has(b)) {
        found.add(b);
        visit(b);
      }
  };
  visit(room);
  return found;
}

describe("The drawing in docs/architecture.md", () => {
  test("has every room of src/", () => {
    const drawn = [...new Set(arrows.flat())].sort();
    const there = [...new Set(sources.map(roomOf))].filter((room) => room !== "").sort();
    assert.deepEqual(drawn, there);
  });

  test("has no arrow that the code does not have", () => {
    assert.deepEqual(
      arrows.filter(([from, to]) => !imports.has(`${from} ${to}`)),
      [],
    );
  });

  test("leads along its arrows to whatever a room imports, and nowhere back", () => {
    const against = [...imports].filter(([pair]) => {
      const [from, to] = pair.split(" ");
      return !below(from).has(to);
    });
    assert.deepEqual(against, []);
    assert.deepEqual(
      arrows.filter(([from]) => below(from).has(from)),
      [],
    );
  });
});
