import { shown } from "../check";
import { InputError } from "../errors";

/** Where what has a name, but no `out`, is kept: `runs/` and the name. Throws where that would not be a folder in `runs/`. */
export function folderOfName(name: string): string {
  if (/[\\/\0]/.test(name) || name === "." || name === "..")
    throw new InputError(
      `name: expected one that a folder in runs/ may have, without slashes, got ${shown(name)}; where the records go is said by out`,
    );
  return `runs/${name}`;
}
