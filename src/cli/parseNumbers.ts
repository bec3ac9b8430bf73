import { InvalidArgumentError } from "commander";

/** More depths or seeds than anybody trains: a slip such as 0..60000000. */
const MOST = 1000;

/** A parser for commander: a whole number within the bounds. */
export function wholeNumber(min = Number.MIN_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[-+]?\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= min) return value;
    const bound = min === Number.MIN_SAFE_INTEGER ? "" : ` of at least ${min}`;
    throw new InvalidArgumentError(`Expected a whole number${bound}.`);
  };
}

/** A parser for commander: a number such as 5e-5 within the bounds. */
export function decimal(min: number, max = Number.POSITIVE_INFINITY): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    // What is computed with it is float32.
    if (Number.isFinite(Math.fround(value)) && value >= min && value <= max) return value;
    const bound = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a number ${bound}.`);
  };
}

/** A parser for commander: how many blocks are frozen; -1, or `none`, where nothing is, embeddings included. */
export function depth(text: string): number {
  const value = isNone(text) ? -1 : Number(/^[-+]?\d+$/.test(text.trim()) ? text : Number.NaN);
  if (Number.isSafeInteger(value) && value >= -1) return value;
  throw new InvalidArgumentError("Expected how many blocks to freeze, as 3, or none.");
}

/** The same of several, `none,0..6` or `-1,0,3`. */
export function depths(text: string): number[] {
  try {
    return wholeNumbers(text.replace(/[^,]+/g, (part) => (isNone(part) ? "-1" : part)));
  } catch (error) {
    if (!(error instanceof InvalidArgumentError) || error.message.includes("at most")) throw error;
    throw new InvalidArgumentError(
      "Expected whole numbers such as 0..6 or -1,0,3, where -1 may be written none.",
    );
  }
}

const isNone = (text: string) => /^\s*none\s*$/i.test(text);

/** A parser for commander: whole numbers and rising ranges of them, `0..6`, `-1,0,3` or `-1,2..4`. */
export function wholeNumbers(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const match = /^\s*([-+]?\d+)(?:\.\.([-+]?\d+))?\s*$/.exec(part);
    const first = Number(match?.[1] ?? Number.NaN);
    const last = Number(match?.[2] ?? first);
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || last < first)
      throw new InvalidArgumentError("Expected whole numbers such as 0..6 or -1,0,3.");
    if (last - first >= MOST) throw new InvalidArgumentError(`Expected at most ${MOST} numbers.`);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}
