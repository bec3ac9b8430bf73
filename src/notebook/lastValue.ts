import { inspect } from "node:util";
import { openRuns } from "../training/openRuns";

/** Marks a promise whose work shows by itself, so that its value is not worth a line. */
export const SHOWS = Symbol.for("frostkit.shows");

/** What a cell prints of the value of its last line: null for nothing. */
export function lastValue(value: unknown): unknown {
  const given = Object(value);
  // A run says by itself whether it has begun.
  if (typeof given.then === "function" && Symbol.asyncIterator in given) return null;
  // A tensor prints its shape and its first and last numbers; its fields are of no use.
  if ("dataId" in given && "dtype" in given && !given.isDisposed) return given.toString(true);
  if (!(value instanceof Promise)) return value;
  if (SHOWS in value || openRuns().runs.size > 0) return null;
  const text = inspect(value);
  if (/^Promise \{\s*undefined/.test(text)) return null;
  return /^Promise \{\s*<(pending|rejected)>/.test(text)
    ? "a promise: write await before it for its value"
    : value;
}
