// node --import tsx test/docs/refreshDemo.ts [runs/demo]: puts the words npm start ended with into the README and its pictures beside it.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { formatSummary } from "../../src/sweep/formatSummary";
import { latestSweep } from "../../src/sweep/latestSweep";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { betweenMarks } from "./betweenMarks";

const root = join(__dirname, "../..");
const demo = resolve(process.argv[2] ?? join(root, "runs/demo"));
const readme = join(root, "README.md");

const summary = formatSummary(summarize(latestSweep(readRecords(join(demo, "records.jsonl")))));
// The table's own notes stand below it, the sentences after them.
const sentences = summary.split("\n\n").filter((part) => /^N = /.test(part));
const said = `> ${sentences.join(" ")}\n`;
writeFileSync(readme, betweenMarks(readFileSync(readme, "utf8"), "What npm start ends with", said));
for (const name of ["accuracy", "seconds", "memory"])
  copyFileSync(join(demo, `${name}.svg`), join(root, ".github", `${name}.svg`));
console.log(`README.md and .github: from ${demo}`);
