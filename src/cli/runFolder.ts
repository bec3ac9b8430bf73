import { basename, extname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * Where a sweep over these rows goes without --out: `runs/` and the table's path from the working directory without its
 * ending, or its whole path where it lies elsewhere, so that two tables called train.csv have folders of their own. Of several tables
 * the first one's path, and the names of the others behind a plus.
 */
export function runFolder([first, ...others]: readonly string[]): string {
  const whole = resolve(first);
  const within = relative(process.cwd(), whole);
  const outside = within === "" || within.split(sep)[0] === ".." || isAbsolute(within);
  const path = within === "" ? basename(whole) : outside ? whole : within;
  const parts = path.split(/[\\/:]+/).filter((part) => part !== "");
  const last = parts.pop()!;
  return join(
    "runs",
    ...parts,
    [last, ...others.map((other) => basename(other))].map(withoutEnding).join("+"),
  );
}

/** Without the ending of what it is packed by, either. */
function withoutEnding(name: string): string {
  const unpacked = name.replace(/(?<=\.\w+)\.(gz|zip)$/i, "");
  return basename(unpacked, extname(unpacked));
}
