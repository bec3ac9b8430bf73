import { isDeepStrictEqual } from "node:util";
import { InputError } from "../errors";

/** Throws for a setting that does not come back from a record as it was. */
export function checkJson(settings: object): void {
  for (const [name, value] of Object.entries(settings)) {
    const own = [value]
      .flat()
      .find((each) => typeof (each as { score?: unknown } | null)?.score === "function");
    if (typeof value === "function" || own)
      throw new InputError(
        `${name}: a sweep's settings are written down as JSON, so expected one of the kit's by its name, got a function; fineTune takes one`,
      );
    if (value !== undefined && !isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value))
      throw new InputError(
        `${name}: a sweep's settings are written down as JSON, so match by a text or glob, not by a function or RegExp`,
      );
  }
}
