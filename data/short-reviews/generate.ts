// npx tsx data/short-reviews/generate.ts: writes train.csv, valid.csv and test.csv beside itself, the same bytes every time.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFiles } from "./tableFiles";

for (const [name, text] of Object.entries(tableFiles())) writeFileSync(join(__dirname, name), text);
