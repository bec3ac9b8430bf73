import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { csvText } from "../../src/data/csvText";
import { readTable } from "../../src/data/readTable";
import { folder } from "../cli/frostkit";

test("Cells are quoted where they must be, and nowhere else", () => {
  assert.equal(
    csvText([
      ["id", "target"],
      ["1", "not bad"],
      ["a,b", 'so "so"'],
      ["two\nlines", ""],
    ]),
    'id,target\n1,not bad\n"a,b","so ""so"""\n"two\nlines",\n',
  );
});

test("What is written is what readTable reads", async () => {
  const cells = ['"', ",", "a\r\nb", " c ", "ä"];
  const path = join(folder, "cells.csv");
  writeFileSync(path, csvText([cells.map((_, i) => `c${i}`), cells]));
  assert.deepEqual(Object.values((await readTable(path)).rows[0]), cells);
});
