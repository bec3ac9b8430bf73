import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { kitHash } from "../src/kitHash";

const folder = mkdtempSync(join(tmpdir(), "frostkit-kit-"));
after(() => rmSync(folder, { recursive: true }));

/** As a process sees it whose kit is a copy of a few files. */
function hashOfCopy(): string {
  const program = `console.log(require(${JSON.stringify(join(folder, "kitHash.ts"))}).kitHash())`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
    encoding: "utf8",
  });
  assert.match(stdout, /^[0-9a-f]{64}\n$/, stderr);
  return stdout;
}

test("Any other line of code is another kit, names and folders counted; source maps and declarations are not", () => {
  for (const part of ["kitHash.ts", "random.ts", "nn"])
    cpSync(join(__dirname, "../src", part), join(folder, part), { recursive: true });
  const first = hashOfCopy();
  assert.equal(hashOfCopy(), first);
  for (const name of ["nn/linear.js.map", "random.d.ts"]) writeFileSync(join(folder, name), "{}");
  assert.equal(hashOfCopy(), first);
  writeFileSync(join(folder, "nn/linear.ts"), "// changed");
  const changed = hashOfCopy();
  cpSync(join(folder, "nn"), join(folder, "mm"), { recursive: true });
  assert.equal(new Set([first, changed, hashOfCopy()]).size, 3);
});

test("It is computed once a process", () => {
  assert.match(kitHash(), /^[0-9a-f]{64}$/);
  assert.equal(kitHash(), kitHash());
});
