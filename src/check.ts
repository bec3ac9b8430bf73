import { InputError } from "./errors";

/** The number itself when it is an integer within the bounds, else an error that names it. */
export function checkInteger(
  name: string,
  value: number,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InputError(`${name}: expected an integer ${bounds(min, max)}, got ${value}`);
  return value;
}

/** The number itself when it is finite and within the bounds, else an error that names it. */
export function checkNumber(
  name: string,
  value: number,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
): number {
  if (!Number.isFinite(value) || value < min || value > max)
    throw new InputError(`${name}: expected a number ${bounds(min, max)}, got ${value}`);
  return value;
}

/** The value itself when it is one of the choices, else an error that lists them. */
export function checkOneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  if (!(choices as readonly string[]).includes(value))
    throw new InputError(`${name}: expected one of ${choices.join(", ")}, got ${JSON.stringify(value)}`);
  return value as T;
}

function bounds(min: number, max: number): string {
  const open = (x: number) => !Number.isFinite(x) || Math.abs(x) === Number.MAX_SAFE_INTEGER;
  if (open(min) && open(max)) return "of any size";
  if (open(max)) return `of at least ${min}`;
  if (open(min)) return `of at most ${max}`;
  return `from ${min} to ${max}`;
}
