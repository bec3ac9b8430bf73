// node .ci/licences.mjs: the licences of all packages in the lock files, and which packages have them; fails where one is not among
// those below. A lock file says what a package's own package.json says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Licences that ask for no more than to be named where the package is passed on. */
const FREE = [
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"],
  "Python-2.0",
];

/** The project's lock file, and that of what makes the API reference. */
export const LOCKS = ["package-lock.json", "docs/reference/package-lock.json"];

/** Others, each with the packages that may have it and why that is no trouble. */
const REASONED = {
  "LGPL-3.0-or-later": [/^@img\/sharp-/, "libvips, a library of its own beside sharp, which anyone may replace"],
  "MPL-2.0": [/^zeromq$/, "Jupyter's messages; its files are used as they are"],
};

/** What is wrong with a package's licence; null where nothing is. */
export function complaint(name, licence) {
  if (typeof licence !== "string") return `${name}: expected a licence, got none`;
  // "A OR B" leaves the choice, "A AND B" does not.
  const fits = (id) => FREE.includes(id) || (Object.hasOwn(REASONED, id) && REASONED[id][0].test(name));
  const choices = licence.replaceAll(/[()]/g, "").split(" OR ");
  if (choices.some((choice) => choice.split(" AND ").every(fits))) return null;
  return `${name}: expected one of ${FREE.join(", ")}, got ${licence}`;
}

/** [name, version, licence] of all packages that a lock file names, the project's own left out. */
export const packagesOf = (lock) =>
  Object.entries(lock.packages)
    .filter(([path, { link }]) => path !== "" && !link)
    .map(([path, { version, license }]) => [path.slice(path.lastIndexOf("node_modules/") + 13), version, license]);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const packages = LOCKS.flatMap((lock) => packagesOf(JSON.parse(readFileSync(join(root, lock), "utf8"))));
  const byLicence = new Map();
  for (const [name, version, licence] of packages)
    byLicence.set(licence, [...(byLicence.get(licence) ?? []), `${name}@${version}`]);
  for (const [licence, names] of [...byLicence].sort((a, b) => b[1].length - a[1].length))
    console.log(`${licence}: ${names.length}\n  ${names.sort().join(", ")}`);
  for (const [licence, [, why]] of Object.entries(REASONED)) console.log(`${licence}: ${why}`);
  const wrong = packages.map(([name, , licence]) => complaint(name, licence)).filter((line) => line !== null);
  for (const line of wrong) console.error(`✖ ${line}`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
