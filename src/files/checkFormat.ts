import { shown } from "../check";
import { InputError } from "../errors";

/** A later version of the kit wrote a file: what is new in it would pass unseen, so none of it is read. */
export class LaterFormat extends InputError {}

/**
 * Throws where the number that a file gives its format is none, or a later one than this version of the kit reads. Whoever raises a format
 * keeps reading those before it: files of each stand in `test/fixtures`.
 *
 * @param where the file, and the line in it
 */
export function checkFormat(where: string, format: unknown, newest: number): void {
  if (typeof format !== "number" || !Number.isSafeInteger(format) || format < 1)
    throw new InputError(`${where}: expected format ${newest}, got ${shown(format)}`);
  if (format > newest)
    throw new LaterFormat(
      `${where}: was written by a later frostkit (format ${format}; this one reads up to ${newest}): update frostkit to read it`,
    );
}
