import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * How this kit's command line is called from the current folder: `npx frostkit` where npm has linked it, else by its path. There npx
 * would fetch whatever the registry has under that name.
 */
export function ownCommand(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "node_modules/.bin/frostkit"))) return "npx frostkit";
    if (folder === dirname(folder)) return `node ${join(__dirname, "../../dist/cli/main.js")}`;
  }
}
