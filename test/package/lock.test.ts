import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(__dirname, "..", "..");
const read = (name: string) => JSON.parse(readFileSync(join(root, name), "utf8"));

test("npm ci runs no install script of a package: the lock file names none (npm run lock takes them out)", () => {
  const { packages } = read("package-lock.json");
  assert.ok(Object.keys(packages).length > 100);
  assert.deepEqual(
    Object.keys(packages).filter((name) => packages[name].hasInstallScript),
    [],
  );
  assert.equal(packages["node_modules/@tensorflow/tfjs-node-gpu"].gypfile, false);
});

test("No script relies on one that npm runs before or after it, since npm skips those under ignore-scripts", () => {
  const { scripts } = read("package.json");
  for (const name of Object.keys(scripts))
    assert.doesNotMatch(name, /^(pre|post)(?!pare$)/, `${name} is skipped under ignore-scripts`);
  for (const name of ["start", "test", "bench", "notebook", "native"])
    assert.match(scripts[name], /^node src\/build\.mjs && /);
});

test("Packages that npm may leave out are named with the one version that the kit is tested with", () => {
  const { packages } = read("package-lock.json");
  const { peerDependencies, optionalDependencies } = read("package.json");
  for (const [name, version] of Object.entries({
    "@tensorflow/tfjs-node-gpu": peerDependencies["@tensorflow/tfjs-node-gpu"],
    "@huggingface/transformers": optionalDependencies["@huggingface/transformers"],
  }))
    assert.equal(packages[`node_modules/${name}`].version, version);
});
