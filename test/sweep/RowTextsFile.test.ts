import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RowTextsFile } from "../../src/sweep/RowTextsFile";

describe("RowTextsFile", () => {
  let folder = "";
  let file: RowTextsFile;
  const rows = "0123456789abcdef0123456789abcdef";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-texts-"));
    file = new RowTextsFile(folder, rows);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("keeps what people read in each row, named after the rows, long texts cut", () => {
    file.write(["Grüße", "a".repeat(1000), "", "two\nlines"]);
    assert.equal(basename(file.path), "rows-0123456789abcdef.json");
    const [first, long, ...others] = file.read(4)!;
    assert.deepEqual([first, ...others], ["Grüße", "", "two\nlines"]);
    assert.equal(long, `${"a".repeat(300)}…`);
    assert.deepEqual(readdirSync(join(folder, "predictions")), ["rows-0123456789abcdef.json"]);
  });

  it("is written once for all trials, and not where nothing is known of the rows", () => {
    file.write(["", ""]);
    assert.equal(file.read(2), null);
    file.write(["a", "b"]);
    const { mtimeMs } = statSync(file.path);
    file.write(["a", "b"]);
    assert.equal(statSync(file.path).mtimeMs, mtimeMs);
  });

  it("is not read where it is damaged, of other rows or of another number of them", () => {
    file.write(["a", "b"]);
    const whole = readFileSync(file.path, "utf8");
    assert.equal(file.read(3), null);
    for (const damaged of [
      whole.slice(0, 20),
      "null",
      "{}",
      whole.replace('"a"', "1"),
      whole.replace("0123", "3210"),
    ]) {
      writeFileSync(file.path, damaged);
      assert.equal(file.read(2), null, damaged);
    }
    writeFileSync(file.path, whole);
    assert.deepEqual(file.read(2), ["a", "b"]);
  });

  it("is read as the first versions wrote it, without a format, and refused where a later version did", () => {
    file.write(["a", "b"]);
    const whole = readFileSync(file.path, "utf8");
    writeFileSync(file.path, whole.replace('"format":1,', ""));
    assert.deepEqual(file.read(2), ["a", "b"]);
    writeFileSync(file.path, whole.replace('"format":1', '"format":7'));
    assert.throws(() => file.read(2), {
      name: "InputError",
      message: `${file.path}: was written by a later frostkit (format 7; this one reads up to 1): update frostkit to read it`,
    });
  });
});
