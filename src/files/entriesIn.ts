import { type Dirent, readdirSync } from "node:fs";

/** What lies in a folder, but for what is hidden; where nobody may look there is nothing. */
export function entriesIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(({ name }) => !name.startsWith("."));
  } catch {
    return [];
  }
}
