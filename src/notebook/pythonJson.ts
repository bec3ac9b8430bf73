import { InputError } from "../errors";

/**
 * A value as JSON that Python's `json` reads back to the very same: NaN and infinities as it writes them, whole numbers beyond 2^53
 * and minus zero as floats, a bigint as an integer, a Map of texts as an object, typed arrays as lists, a Date as its ISO text,
 * undefined as null. `%%ts -o` hands values out by it.
 *
 * @param name what the value is called in messages
 * @throws InputError that names the place of what Python would not get as it is: functions, promises, Sets, instances of classes
 */
export function pythonJson(name: string, value: unknown): string {
  return encode(name, value, []);
}

function encode(place: string, value: unknown, within: object[]): string {
  if (value === undefined || value === null) return "null";
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return numberText(value);
  if (typeof value !== "object") throw refused(place, `a ${typeof value}`, "");
  if (within.includes(value)) throw refused(place, "an object that refers to itself", "");
  const inside = [...within, value];
  if (value instanceof Date) return encode(place, dateText(place, value), inside);
  if (Array.isArray(value) || isTyped(value))
    return `[${Array.from(value, (item, i) => encode(`${place}[${i}]`, item, inside)).join(", ")}]`;
  if (value instanceof Map) return object(place, mapEntries(place, value), inside);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw refused(place, kindOf(value), adviceOn(value));
  return object(place, Object.entries(value), inside);
}

function object(place: string, entries: [string, unknown][], within: object[]): string {
  const fields = entries.map(([key, item]) => {
    const where = /^[\p{L}_$][\p{L}\d_$]*$/u.test(key)
      ? `${place}.${key}`
      : `${place}[${JSON.stringify(key)}]`;
    return `${JSON.stringify(key)}: ${encode(where, item, within)}`;
  });
  return `{${fields.join(", ")}}`;
}

/** Python reads digits alone as an integer, which beyond 2^53 would be another number than the nearest double. */
function numberText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return value.toExponential();
  return `${value}`;
}

const isTyped = (value: object): value is Float32Array =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

function dateText(place: string, date: Date): string {
  if (Number.isNaN(date.getTime())) throw refused(place, "a Date that is none", "");
  return date.toISOString();
}

function mapEntries(place: string, map: Map<unknown, unknown>): [string, unknown][] {
  return Array.from(map, ([key, item]): [string, unknown] => {
    if (typeof key !== "string")
      throw refused(place, `a Map with a ${typeof key} as key`, "; hand out [...it]");
    return [key, item];
  });
}

const kindOf = (value: object): string => `a ${value.constructor?.name || "object without a class's name"}`;

function adviceOn(value: object): string {
  if (typeof (value as PromiseLike<unknown>).then === "function") return "; write await before it";
  return value instanceof Set ? "; hand out [...it]" : "; hand out the fields that you want";
}

const refused = (place: string, came: string, advice: string): InputError =>
  new InputError(`-o ${place}: expected a value that Python can hold as it is, got ${came}${advice}`);
