// npm test [part of a file name …]: runs every *.test.ts below this folder, or those whose path holds one of the words, and ends
// with what ran of each leg on each engine. FROSTKIT_REQUIRE=tensorflow,jupyter,… fails the run where nothing ran of one of these.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { linkIfPresent } from "../src/engine/native/linkIfPresent";
import { enginesHere, formatEngines, HAS_RUN, ranEarlier } from "./enginesHere";
import { LEGS } from "./legs";
import { runsAnywhere } from "./runsAnywhere";
import { Tally } from "./Tally";
import { transpile } from "./transpile";

const words = process.argv.slice(2);
const asked = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
// What ran on another engine before needs no second run where it asks for none.
const files = asked
  .map((file) => join(__dirname, file))
  .filter((file) => words.length > 0 || ranEarlier().length === 0 || !runsAnywhere(file));
if (files.length === 0) refuse(`no test file's path holds ${words.join(" or ")}`);

const tally = new Tally(LEGS, __dirname);
const required = (process.env.FROSTKIT_REQUIRE ?? "").split(",").filter((name) => name !== "");
for (const name of required)
  if (!tally.names.some((known) => known.toLowerCase() === name.toLowerCase()))
    refuse(`FROSTKIT_REQUIRE: expected some of ${tally.names.join(", ")}, got ${name}`);

function refuse(why: string): never {
  console.error(why);
  process.exit(2);
}

/** What the table shows, and what must not be though each test passed. */
function close(): void {
  console.log(`\nwhat ran, by leg and engine, on Node ${process.versions.node}:\n\n${tally.format()}\n`);
  console.log(`took longest: ${tally.longest(20)}\n`);
  if (words.length > 0 && tally.absent.length > 0) console.log(`not asked for: ${tally.absent.join(", ")}`);
  const wrong = [
    ...tally.hollow.map((path) => `no test came of ${path}`),
    ...(words.length > 0 ? [] : tally.absent.map((leg) => `no test file holds a test of ${leg}`)),
    ...tally.missing(required).map((leg) => `FROSTKIT_REQUIRE asks for ${leg}`),
  ];
  for (const line of wrong) console.log(`✖ ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  const line = await linkIfPresent();
  if (line) console.log(line);
  console.log(formatEngines(enginesHere()));
  const left = asked.length - files.length;
  if (left > 0) console.log(`${left} files whose tests run on any machine are left out: ${HAS_RUN}`);
  // Nothing is left in the user's cache, or taken from it; tests of the cache have one of their own (ownCache.ts).
  process.env.FROSTKIT_CACHE_GB = "0";
  // Node 20 hands its own arguments on to the tests' processes, later versions take them as an option.
  const transpiled = mkdtempSync(join(tmpdir(), "frostkit-tests-"));
  process.once("exit", () => rmSync(transpiled, { recursive: true }));
  const preload = [
    ...(await transpile(transpiled)),
    ...["everyTestAsserts.ts", "shareCores.ts"].flatMap((file) => ["--require", join(__dirname, file)]),
  ];
  process.execArgv.splice(0, process.execArgv.length, ...preload);
  const options = { files, concurrency: 2, execArgv: preload };
  run(options)
    .on("test:start", (test) => tally.started(test))
    .on("test:pass", (test) => tally.ended(test, true))
    .on("test:fail", (test) => {
      tally.ended(test, false);
      process.exitCode = 1;
    })
    .compose(new spec())
    .on("end", close)
    .pipe(process.stdout);
}

void main();
