// node --import tsx test/options/refresh.ts: writes docs/options.md and the doc comments of options types from src/options/table.ts.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { sourceOf, TYPES, withComments } from "./docComments";
import { optionsPage } from "./optionsPage";

const root = join(__dirname, "../..");
writeFileSync(join(root, "docs/options.md"), optionsPage());
for (const [path, type, table] of TYPES)
  writeFileSync(join(root, path), withComments(sourceOf(path), type, table));
