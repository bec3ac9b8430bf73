import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";

const root = mkdtempSync(join(tmpdir(), "frostkit-data-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A file that is gone after the tests; its path. */
export function temporary(name: string, content: string | Buffer): string {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}
