import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { InputError } from "../../src/errors";
import { OpenFile } from "../../src/files/OpenFile";
import { readBytes } from "../../src/files/readBytes";

const folder = mkdtempSync(join(tmpdir(), "frostkit-bytes-"));
const windows = process.platform === "win32" && "Windows has neither such pipes nor such devices";

/** The code of the error that comes. */
function refused(path: string, most?: number): string {
  try {
    readBytes(path, most);
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    assert.ok(
      error.message.startsWith(`${path}: cannot be read (`) && !error.message.includes("\n"),
      error.message,
    );
    return (error as InputError & { code: string }).code;
  }
  return "read";
}

test("A file comes whole, an empty one as no bytes", () => {
  for (const bytes of [Buffer.alloc(0), Buffer.from("é\n"), Buffer.alloc(300_000, 7)]) {
    writeFileSync(join(folder, "file"), bytes);
    assert.deepEqual(readBytes(join(folder, "file")), bytes);
  }
});

test("What is missing, a folder, or larger than such a file can be, is named and not read", () => {
  writeFileSync(join(folder, "ten"), "0123456789");
  assert.equal(refused(join(folder, "nowhere")), "ENOENT");
  assert.equal(refused(folder), "EISDIR");
  assert.equal(refused(join(folder, "ten"), 9), "EFBIG");
  assert.equal(refused(join(folder, "ten"), 10), "read");
});

test("A pipe is not waited for, and a device without an end not begun, a link to one neither", {
  skip: windows,
}, () => {
  execFileSync("mkfifo", [join(folder, "pipe")]);
  symlinkSync("/dev/zero", join(folder, "zeros"));
  for (const name of ["pipe", "zeros"]) assert.equal(refused(join(folder, name)), "ENOTFILE", name);
  const file = new OpenFile(join(folder, "pipe"));
  assert.equal(file.isFile, false);
  file.close();
});
