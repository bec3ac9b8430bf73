// node --import tsx test/docs/refreshDemo.ts [runs/demo]: puts the words and seconds of npm start into the README and its pictures beside it.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { demoSearch, demoSweep } from "../../src/cli/commands/demo";
import { sweepCommand } from "../../src/cli/commands/sweep";
import { formatSummary } from "../../src/sweep/formatSummary";
import { latestSweep } from "../../src/sweep/latestSweep";
import { readRecords } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { betweenMarks } from "./betweenMarks";
import { demoTable } from "./demoTable";

const root = join(__dirname, "../..");
const demo = resolve(process.argv[2] ?? join(root, "runs/demo"));
const readme = join(root, "README.md");

const records = latestSweep(readRecords(join(demo, "records.jsonl")));
// The search finds all its trials there, and says again what it said.
const search = ["search", ...demoSearch("fast"), "--out", demo, "--json"];
const said = execFileSync(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...search], { cwd: root });
const found = JSON.parse(said.toString());
const sweep = sweepCommand();
sweep.parseOptions(demoSweep("fast"));
// The table's own notes stand below it, the sentences after them.
const sentences = formatSummary(summarize(records))
  .split("\n\n")
  .filter((part) => /^N = /.test(part));
const text = `${demoTable(records, found, sweep.opts().learningRate)}\n> ${sentences.join(" ")}\n`;
writeFileSync(readme, betweenMarks(readFileSync(readme, "utf8"), "What npm start ends with", text));
for (const name of ["accuracy", "seconds", "memory"])
  copyFileSync(join(demo, `${name}.svg`), join(root, ".github", `${name}.svg`));
console.log(`README.md and .github: from ${demo}`);
