import { InputError } from "../errors";

/**
 * Refuses paths that nobody means: with a NUL in them, with a folder called "~", which only a shell takes for the home folder (and not
 * in `--save=~/model`), and addresses such as "file:///model".
 *
 * @throws InputError naming the path
 */
export function checkPath(path: string): void {
  if (path.includes("\0"))
    throw new InputError(`${JSON.stringify(path)}: expected a path, got one with a NUL character in it`);
  const parts = path.split(/[\\/]/);
  if (parts.includes("~"))
    throw new InputError(
      `${path}: expected a path, got one with "~", which is the home folder in a shell alone; write the whole path`,
    );
  // A drive of Windows has one letter.
  if (/^[a-z][a-z\d+.-]+:$/i.test(parts[0]))
    throw new InputError(`${path}: expected a path, got an address; write the path alone`);
}
