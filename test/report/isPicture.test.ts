import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import sharp from "sharp";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import { isPicture } from "../../src/report/isPicture";
import { toPng } from "../../src/report/toPng";
import { fakeRecords } from "./fakeRecords";

const folder = mkdtempSync(join(tmpdir(), "frostkit-picture-"));
after(() => rmSync(folder, { recursive: true }));

test("A PNG of the kit is known as one, and no other file is.", async () => {
  const own = await toPng(accuracyFigure(fakeRecords()), { scale: 1 });
  const others = {
    "again.png": await sharp(own).png().toBuffer(),
    "text.png": Buffer.from("frostkit"),
    "empty.png": Buffer.alloc(0),
  };
  writeFileSync(join(folder, "own.png"), own);
  assert.equal(isPicture(join(folder, "own.png")), true);
  for (const [name, content] of Object.entries(others)) {
    writeFileSync(join(folder, name), content);
    assert.equal(isPicture(join(folder, name)), false, name);
  }
});
