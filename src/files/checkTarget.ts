import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { basename, dirname, join, resolve, sep } from "node:path";
import { InputError } from "../errors";
import { checkPath } from "./checkPath";
import { overwritten } from "./overwritten";

/**
 * Every writer of a whole folder, which replaces what is there, asks this first.
 *
 * @param source the folder that what is saved was loaded from
 * @throws InputError for a name that is empty, as an unset variable of the shell gives, or that nobody means; for folders that hold more than any save made: the
 *   working directory and those around it, the home folder and those around it; and for the source, by whatever name or link
 */
export function checkTarget(folder: string, source?: string): void {
  if (typeof folder !== "string" || folder.trim() === "")
    throw new InputError(
      `expected the name of a folder to save to, got ${JSON.stringify(folder) ?? "nothing"}`,
    );
  checkPath(folder);
  const target = canonical(folder);
  for (const [path, what] of [
    [process.cwd(), "the working directory"],
    [homedir(), "the home folder"],
  ])
    if (holds(target, canonical(path)))
      throw new InputError(
        `${folder}: expected a folder to save to, got ${what} or one around it; name a folder inside`,
      );
  if (source !== undefined && overwritten(folder, [source]) !== undefined)
    throw new InputError(
      `${folder}: expected another folder than the one the model was loaded from, which a save would replace; name a new one`,
    );
}

/** Whether a folder is another or lies around it. */
const holds = (outer: string, inner: string) =>
  inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);

/** One spelling for each place, links followed as far as the path exists. */
function canonical(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    const above = dirname(absolute);
    return above === absolute ? absolute : join(canonical(above), basename(absolute));
  }
}
