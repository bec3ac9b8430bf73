import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { transpile } from "./transpile";

const before = process.env.FROSTKIT_TRANSPILED;
const folder = mkdtempSync(join(tmpdir(), "frostkit-transpiled-"));
after(() => {
  rmSync(folder, { recursive: true });
  if (before === undefined) delete process.env.FROSTKIT_TRANSPILED;
  else process.env.FROSTKIT_TRANSPILED = before;
});

const source = join(__dirname, "../src/extremes.ts");

test("What was transpiled runs with the paths and the lines of its source", async () => {
  const preload = await transpile(folder, ["src/extremes.ts", "test/transpile.ts"]);
  const program = `
    console.log(require(${JSON.stringify(source)}).greatest([1, 3, 2]));
    const { transpile } = require(${JSON.stringify(join(__dirname, "transpile.ts"))});
    transpile("/dev/null/nowhere", ["src/extremes.ts"]).catch(({ stack }) => console.log(stack));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, [...preload, "--eval", program], {
    encoding: "utf8",
  });
  assert.equal(stderr, "");
  assert.match(stdout, /^3\n/);
  // The line on which the folder is made, and no .js of the transpiled folder.
  assert.match(stdout, /test[\\/]transpile\.ts:2\d:/);
  assert.ok(!stdout.includes(folder), stdout);
});

test("A source that is none is named", () => {
  const missing = join(__dirname, "nothing.ts");
  const { stderr } = spawnSync(
    process.execPath,
    ["--require", join(__dirname, "hook.cjs"), "--eval", `require(${JSON.stringify(missing)})`],
    { encoding: "utf8", env: { ...process.env, FROSTKIT_TRANSPILED: folder } },
  );
  assert.match(stderr, /Cannot find module .*nothing\.ts/);
});
