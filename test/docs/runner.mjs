// Runs the programs that list.json names, one after the other in this process, and writes results.json. `node runner.mjs ROOT FOLDER`
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [root, folder] = process.argv.slice(2);
const { program } = createRequire(import.meta.url)(join(root, "dist/cli/program.js"));
const list = JSON.parse(readFileSync(join(folder, "list.json"), "utf8"));
const results = [];
let output = "";
for (const stream of [process.stdout, process.stderr])
  stream.write = (text, ...rest) => {
    output += text;
    rest.findLast((argument) => typeof argument === "function")?.();
    return true;
  };
// What a program leaves behind and then fails is that program's failure.
let stray = null;
process.on("unhandledRejection", (error) => {
  stray ??= error;
});
for (const { words, path } of list) {
  const start = performance.now();
  let error = null;
  output = "";
  stray = null;
  try {
    if (words) await program().parseAsync(words, { from: "user" });
    else await import(pathToFileURL(path));
  } catch (thrown) {
    error = thrown;
  }
  error ??= stray;
  results.push({
    error: error === null ? null : (error.stack ?? String(error)),
    output,
    seconds: (performance.now() - start) / 1000,
  });
  writeFileSync(join(folder, "results.json"), JSON.stringify(results));
}
process.exit(0);
