import { basename, extname, isAbsolute, join, relative, resolve, sep } from "node:path";

/**
 * Where a sweep over these rows goes without --out: `runs/` and the table's path from the working directory without its
 * ending, or its whole path where it lies elsewhere, so that two tables called train.csv have folders of their own.
 */
export function runFolder(train: string): string {
  const whole = resolve(train);
  const within = relative(process.cwd(), whole);
  const outside = within === "" || within.split(sep)[0] === ".." || isAbsolute(within);
  const path = within === "" ? basename(whole) : outside ? whole : within;
  const parts = path.split(/[\\/:]+/).filter((part) => part !== "");
  const last = parts.pop()!;
  return join("runs", ...parts, basename(last, extname(last)));
}
