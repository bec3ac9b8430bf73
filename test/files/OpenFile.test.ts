import assert from "node:assert/strict";
import { appendFileSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { FrostError } from "../../src/errors";
import { OpenFile } from "../../src/files/OpenFile";
import { writeBytes } from "../checkpoint/madeByHand";
import { isOpen, skipWithoutProc } from "../checkpoint/openFiles";

const bytesOf = (file: OpenFile, position: number, count: number) => {
  const bytes = new Uint8Array(count);
  file.read(bytes, position);
  return [...bytes];
};

test("A file is read at any place until it is closed", () => {
  const file = new OpenFile(writeBytes(Uint8Array.of(1, 2, 3, 4)));
  assert.equal(file.bytes, 4);
  assert.deepEqual(bytesOf(file, 2, 2), [3, 4]);
  assert.deepEqual(bytesOf(file, 0, 3), [1, 2, 3]);
  file.close();
  file.close();
  assert.throws(() => bytesOf(file, 0, 1), {
    name: "FrostError",
    message: /was closed before a tensor was read$/,
  });
});

test("What the file never had is not read: that its own header speaks of it means that it is damaged", () => {
  const path = writeBytes(Uint8Array.of(1, 2, 3, 4));
  const file = new OpenFile(path);
  assert.throws(() => bytesOf(file, 2, 3), {
    name: "InputError",
    message: `${path}: speaks of bytes up to 5, but has 4: it is truncated or damaged, copy or download it again`,
  });
  assert.deepEqual(bytesOf(file, 4, 0), []);
  file.close();
});

test("Whoever holds a file keeps it open beyond its closing, and the last one closes it", {
  skip: skipWithoutProc,
}, () => {
  const path = writeBytes(Uint8Array.of(1, 2));
  const file = new OpenFile(path);
  const [one, other] = [{}, {}];
  for (const holder of [one, other, one]) file.hold(holder);
  file.close();
  file.release(one);
  file.release(one);
  assert.deepEqual(bytesOf(file, 0, 2), [1, 2]);
  assert.equal(isOpen(path), true);
  file.release(other);
  assert.equal(isOpen(path), false);
  assert.throws(() => file.descriptor, /was closed/);
});

test("A file that nobody holds any more stays open until it is closed", () => {
  const file = new OpenFile(writeBytes(Uint8Array.of(1, 2)));
  const holder = {};
  file.hold(holder);
  file.release(holder);
  assert.deepEqual(bytesOf(file, 0, 2), [1, 2]);
  file.close();
});

test("A file that was replaced or removed is what it was; one that was written to is not, whatever its size", () => {
  const replaced = new OpenFile(writeBytes(Uint8Array.of(1, 2)));
  writeFileSync(`${replaced.path}.new`, Uint8Array.of(3, 4));
  renameSync(`${replaced.path}.new`, replaced.path);
  replaced.checkUnchanged("x");
  assert.deepEqual(bytesOf(replaced, 0, 2), [1, 2]);
  assert.deepEqual([...readFileSync(replaced.path)], [3, 4]);
  rmSync(replaced.path);
  replaced.checkUnchanged("x");
  replaced.close();

  const changes: ((path: string) => void)[] = [
    (path) => appendFileSync(path, "more"),
    (path) => writeFileSync(path, ""),
    (path) => {
      writeFileSync(path, Uint8Array.of(3, 4));
      utimesSync(path, 1, 1); // as a copy that keeps times would
    },
  ];
  for (const change of changes) {
    const file = new OpenFile(writeBytes(Uint8Array.of(1, 2)));
    change(file.path);
    assert.throws(
      () => file.checkUnchanged("parameter x"),
      new FrostError(
        `${file.path}: was changed after it was opened, so parameter x can no longer be read from it: load the model anew`,
      ),
    );
    file.close();
  }
});
