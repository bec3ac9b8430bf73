import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

let known: string | null = null;

/**
 * SHA-256 over frostkit's own code, as it lies beside this file: what was computed by other code may differ in its last bits. A
 * version would not do, since a working copy changes under one.
 */
export function kitHash(): string {
  known ??= hashFolder(__dirname);
  return known;
}

function hashFolder(folder: string): string {
  const hash = createHash("sha256");
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) hash.update(`${entry.name}/${hashFolder(path)}`);
    // Declarations and source maps compute nothing.
    else if (!/\.(d\.ts|map)$/.test(entry.name)) hash.update(`${entry.name}:`).update(readFileSync(path));
  }
  return hash.digest("hex");
}
