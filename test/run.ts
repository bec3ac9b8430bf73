// npm test [part of a file name …]: runs every *.test.ts below this folder, or those whose path holds one of the words.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { linkIfPresent } from "../src/engine/native/linkIfPresent";
import { enginesHere, formatEngines } from "./enginesHere";

const words = process.argv.slice(2);
const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .map((file) => join(__dirname, file));
if (files.length === 0) {
  console.error(`no test file's path holds ${words.join(" or ")}`);
  process.exit(2);
}
async function main(): Promise<void> {
  const line = await linkIfPresent();
  if (line) console.log(line);
  console.log(formatEngines(enginesHere()));
  // Nothing is left in the user's cache, or taken from it; tests of the cache have one of their own (ownCache.ts).
  process.env.FROSTKIT_CACHE_GB = "0";
  run({ files, concurrency: 2 })
    .on("test:fail", () => {
      process.exitCode = 1;
    })
    .compose(new spec())
    .pipe(process.stdout);
}

void main();
