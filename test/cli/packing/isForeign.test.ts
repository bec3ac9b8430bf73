import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isForeign } from "../../../src/cli/packing/isForeign";

/** The start of a library by its format's first bytes, given as hexadecimal digits. */
const startingWith = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, "hex"), Buffer.alloc(40)]);

/** An ELF file's header: 64 bits, little-endian, a shared library for a processor by its number. */
function elf(processor: number, rest = ""): Buffer {
  const header = startingWith("7f454c46020101");
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(processor, 18);
  return Buffer.concat([header, Buffer.from(rest)]);
}

test("A library for Linux on x64 is taken, one for another processor or another C library is not", () => {
  assert.equal(isForeign(elf(62, "libc.so.6")), false);
  assert.equal(isForeign(elf(183)), true, "arm64");
  assert.equal(isForeign(elf(3)), true, "32 bits");
  assert.equal(isForeign(elf(62, "libc.musl-x86_64.so.1")), true, "Alpine");
});

test("What macOS and Windows run is not taken, nor what only a linker reads, whatever it is called", () => {
  assert.equal(isForeign(startingWith("cffaedfe")), true, "macOS");
  assert.equal(isForeign(startingWith("cafebabe")), true, "macOS, several processors");
  assert.equal(isForeign(startingWith("4d5a9000")), true, "Windows");
  assert.equal(isForeign(Buffer.from(`!<arch>\n${" ".repeat(40)}`)), true, "static library");
});

test("Text, data and WebAssembly are taken", () => {
  assert.equal(isForeign(readFileSync(__filename)), false);
  assert.equal(isForeign(Buffer.alloc(0)), false);
  assert.equal(isForeign(startingWith("0061736d")), false);
});
