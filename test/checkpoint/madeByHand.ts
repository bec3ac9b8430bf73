import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = mkdtempSync(join(tmpdir(), "frostkit-checkpoint-"));
process.on("exit", () => rmSync(root, { recursive: true, force: true }));

/** An empty folder that is gone when the tests of the file have ended. */
export function makeFolder(): string {
  return mkdtempSync(join(root, "folder-"));
}

/** The bytes of a safetensors file: the header's length as 8 bytes, little-endian, the header, the data. */
export function safetensorsBytes(header: object | string, data: Uint8Array | number[] = []): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, Uint8Array.from(data)]);
}

/** Writes bytes to a fresh file and returns its path. */
export function writeBytes(bytes: Uint8Array, name = "model.safetensors"): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, bytes);
  return path;
}
