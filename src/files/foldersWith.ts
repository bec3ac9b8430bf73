import { existsSync } from "node:fs";
import { join } from "node:path";
import { entriesIn } from "./entriesIn";

/** So many folders are looked into; somebody may have named a whole disk. */
const MOST = 2000;

/**
 * Paths, relative to a folder, of those in it that hold a file of that name, at most `levels` deep; what lies inside one of them, in
 * hidden folders or where nobody may look is left out. In the order of their names, numbers by their value.
 */
export function foldersWith(folder: string, file: string, levels: number): string[] {
  const found: string[] = [];
  let near = [""];
  let seen = 0;
  for (let level = 0; level < levels && seen < MOST; level++) {
    const inside = near
      .flatMap((path) => foldersIn(join(folder, path)).map((name) => join(path, name)))
      .slice(0, MOST - seen);
    seen += inside.length;
    const holds = (path: string) => existsSync(join(folder, path, file));
    found.push(...inside.filter(holds));
    near = inside.filter((path) => !holds(path));
  }
  const byNumber = new Intl.Collator("en", { numeric: true });
  return found.sort((a, b) => byNumber.compare(a, b));
}

const foldersIn = (folder: string): string[] =>
  entriesIn(folder).flatMap((entry) => (entry.isFile() ? [] : [entry.name]));
