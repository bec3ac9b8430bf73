import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Measured } from "./Part";
import type { Row } from "./row";

/** What one part came to, and on what. */
export interface Section {
  date: string;
  machine: { cpu: string; cores: number; memoryGB: number; instructions?: string[] };
  /** The system's over one, five and fifteen minutes, before the part began: above 0 other work was there too. */
  loadBefore?: number[];
  versions: Record<"kit", Record<string, string>> &
    Partial<Record<"peer" | "onnxruntime", Record<string, string>>>;
  rounds: number;
  /** The table's folder and file, where one was read. */
  table?: string;
  about: string;
  rows: Row[];
  measured: Measured;
}

/** By the part's name. */
export type Results = Record<string, Section>;

export function readResults(file: string): Results {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

/** Puts a part's section in the place of the one it had; the others stay as they are. */
export function mergeSection(file: string, name: string, section: Section): Results {
  const results = { ...readResults(file), [name]: section };
  mkdirSync(dirname(file), { recursive: true });
  // Whoever breaks off in the midst of writing leaves the old file whole.
  writeFileSync(`${file}.new`, `${JSON.stringify(results, null, 1)}\n`);
  renameSync(`${file}.new`, file);
  return results;
}
