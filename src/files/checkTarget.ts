import { homedir } from "node:os";
import { InputError } from "../errors";
import { checkPath } from "./checkPath";
import { isInside } from "./isInside";
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
  for (const [path, what] of [
    [process.cwd(), "the working directory"],
    [homedir(), "the home folder"],
  ])
    if (isInside(path, folder))
      throw new InputError(
        `${folder}: expected a folder to save to, got ${what} or one around it; name a folder inside`,
      );
  if (source !== undefined && overwritten(folder, [source]) !== undefined)
    throw new InputError(
      `${folder}: expected another folder than the one the model was loaded from, which a save would replace; name a new one`,
    );
}
