import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";

const root = join(__dirname, "../..");
const script = join(root, ".ci/licences.mjs");
let complaint: (name: string, licence: unknown) => string | null;
let packagesOf: (lock: object) => [name: string, version: string, licence: string][];
let LOCKS: string[];
before(async () => {
  ({ complaint, packagesOf, LOCKS } = await import(pathToFileURL(script).href));
});
const readLock = (lock: string) => JSON.parse(readFileSync(join(root, lock), "utf8"));

test("A licence that asks for no more than its name is taken, others only of the packages they were looked at for", () => {
  for (const licence of ["MIT", "(MIT OR GPL-3.0)", "Apache-2.0 AND MIT", "(BSD-3-Clause AND Apache-2.0)"])
    assert.equal(complaint("any", licence), null, licence);
  assert.equal(complaint("@img/sharp-libvips-linux-x64", "LGPL-3.0-or-later"), null);
  assert.equal(complaint("zeromq", "MIT AND MPL-2.0"), null);
  for (const licence of ["GPL-3.0", "MIT AND GPL-3.0", "LGPL-3.0-or-later", "MPL-2.0", "UNLICENSED"])
    assert.match(complaint("any", licence)!, /^any: expected one of 0BSD, .* got /, licence);
  assert.equal(complaint("any", undefined), "any: expected a licence, got none");
});

test("Every package of the lock files has such a licence, and the script lists them all", () => {
  assert.deepEqual(LOCKS, ["package-lock.json", "docs/reference/package-lock.json"]);
  const packages = LOCKS.flatMap((lock) => packagesOf(readLock(lock)));
  assert.ok(packages.length > 200);
  assert.deepEqual(
    packages.map(([name, , licence]) => complaint(name, licence)).filter((line) => line !== null),
    [],
  );
  const listed = execFileSync(process.execPath, [script], { encoding: "utf8" });
  for (const [name, version] of packages) assert.ok(listed.includes(`${name}@${version}`), name);
});

test("Every package comes from the registry, with the hash that npm holds it to", () => {
  for (const lock of LOCKS) {
    const { packages } = readLock(lock);
    for (const [path, { link, integrity, inBundle }] of Object.entries<Record<string, unknown>>(packages))
      if (path !== "" && !link && !inBundle) assert.match(String(integrity), /^sha512-/, path);
  }
});
