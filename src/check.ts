import { InputError } from "./errors";

/** The number itself when it is an integer within the bounds, else an error that names it. */
export function checkInteger(
  name: string,
  value: number,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw new InputError(`${name}: expected an integer ${bounds(min, max)}, got ${shown(value)}`);
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
    throw new InputError(`${name}: expected a number ${bounds(min, max)}, got ${shown(value)}`);
  return value;
}

/** Where the first NaN or infinity stands, or -1. */
export function firstNotFinite(values: ArrayLike<number>): number {
  // The difference of a number and itself is 0 unless it is NaN or infinite.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}

/** The value itself when it is one of the choices, else an error that lists them. */
export function checkOneOf<T extends string>(name: string, value: string, choices: readonly T[]): T {
  if (!(choices as readonly string[]).includes(value))
    throw new InputError(`${name}: expected one of ${choices.join(", ")}, got ${shown(value)}`);
  return value as T;
}

/** "of at least 1", "from 0 to 1": how an error names what a number has to keep to. */
export function bounds(min: number, max: number): string {
  const open = (x: number) => !Number.isFinite(x) || Math.abs(x) === Number.MAX_SAFE_INTEGER;
  if (open(min) && open(max)) return "of any size";
  if (open(max)) return `of at least ${min}`;
  if (open(min)) return `of at most ${max}`;
  return `from ${min} to ${max}`;
}

/** A value in an error's one line: texts in quotes, long lists and objects by what they are. */
export function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(shortened(value)) : String(value);
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  if (typeof name !== "string" || name === "Object" || name === "Array")
    return shortened(jsonOf(value) ?? "an object");
  const waits = typeof (value as Partial<PromiseLike<unknown>>).then === "function";
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}${waits ? ": await it first" : ""}`;
}

const LONGEST = 80;

const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** Of lists and texts that may be a whole table no more than is shown. */
const begun = (_: string, value: unknown): unknown =>
  Array.isArray(value) || ArrayBuffer.isView(value)
    ? Array.from((value as unknown as unknown[]).slice(0, LONGEST))
    : typeof value === "string"
      ? value.slice(0, LONGEST + 1)
      : value;

function jsonOf(value: object): string | undefined {
  try {
    return JSON.stringify(value, begun);
  } catch {
    return undefined; // It holds itself, or a bigint.
  }
}

/** Makes a name that objects do not have one that throws when it is read or set: JavaScript would do nothing at all. */
export function refuseName(prototype: object, name: string, advice: string): void {
  const refuse = () => {
    throw new InputError(`${name}: ${advice}`);
  };
  Object.defineProperty(prototype, name, { get: refuse, set: refuse });
}
