import type { ParquetParsers, SchemaElement } from "hyparquet";
import { InputError } from "../errors";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Texts are texts, and moments have all their digits; bytes that are no text stay bytes. */
export const parquetParsers: Partial<ParquetParsers> = {
  stringFromBytes: textOf,
  jsonFromBytes: textOf,
  dateFromDays: (days: number | undefined) => (days === undefined ? undefined : dateOf(BigInt(days))),
  timestampFromMilliseconds: (millis: bigint | undefined) => moment(millis, 3),
  timestampFromMicroseconds: (micros: bigint | undefined) => moment(micros, 6),
  timestampFromNanoseconds: (nanos: bigint | undefined) => moment(nanos, 9),
};

function textOf(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && utf8.decode(bytes);
  } catch {
    return bytes;
  }
}

/** "2024-05-01 12:30:00", with what there is of a second behind a point: three, six or nine digits. */
function moment(units: bigint | undefined, digits: number): string | undefined {
  if (units === undefined) return undefined;
  const second = 10n ** BigInt(digits);
  const day = 86400n * second;
  const days = floor(BigInt(units), day);
  return `${dateOf(days)} ${timeOf(BigInt(units) - days * day, digits)}`;
}

const floor = (a: bigint, b: bigint): bigint => a / b - (a % b < 0n ? 1n : 0n);

/** "2024-05-01" of so many days after 1970. */
function dateOf(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000);
  if (Number.isNaN(date.getTime())) throw new RangeError(`a date of ${days} days after 1970`);
  return date.toISOString().slice(0, -"T00:00:00.000Z".length);
}

function timeOf(units: bigint, digits: number): string {
  const second = 10n ** BigInt(digits);
  const two = (value: bigint) => String(value % 60n).padStart(2, "0");
  const seconds = units / second;
  const rest = String(units % second)
    .padStart(digits, "0")
    .replace(/(000)+$/, "");
  return `${String(seconds / 3600n).padStart(2, "0")}:${two(seconds / 60n)}:${two(seconds)}${rest && `.${rest}`}`;
}

/**
 * A value as pandas' `to_csv` spells it: nothing for null and NaN, "True", "1.0", "2024-05-01"; lists and structs as JSON.
 *
 * @param where names file, row and column for an error
 * @throws InputError for bytes, and for a decimal of more digits than a number holds
 */
export function parquetCell(value: unknown, element: SchemaElement, where: () => string): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value instanceof Uint8Array) throw bytesAt(where());
  if (typeof value === "object")
    return JSON.stringify(value, (_, inner) => {
      if (inner instanceof Uint8Array) throw bytesAt(where());
      return typeof inner === "bigint" ? String(inner) : inner;
    });
  const { logical_type: logical, converted_type: converted, scale = 0 } = element;
  if (logical?.type === "TIME" || converted?.startsWith("TIME_M")) {
    const unit = logical?.type === "TIME" ? logical.unit : converted === "TIME_MICROS" ? "MICROS" : "MILLIS";
    return timeOf(BigInt(value as number), { MILLIS: 3, MICROS: 6, NANOS: 9 }[unit]);
  }
  if (typeof value === "bigint") return String(value);
  if (converted === "DECIMAL") return decimalText(value as number, scale, where);
  if (element.type === "FLOAT") return floatText(shortest(value as number));
  if (element.type === "DOUBLE" || logical?.type === "FLOAT16") return floatText(value as number);
  return String(value);
}

const bytesAt = (where: string): InputError =>
  new InputError(
    `${where}: expected text or a number, got bytes that are no UTF-8; leave the column out, for instance by pandas.read_parquet(path, columns=[…]).to_parquet("table.parquet")`,
  );

function decimalText(value: number, scale: number, where: () => string): string {
  if (!Number.isSafeInteger(Math.round(value * 10 ** scale)) || scale > 100)
    throw new InputError(
      `${where()}: expected a decimal of at most 15 digits, got one of more; write the column as text`,
    );
  return value.toFixed(scale);
}

/** Of all numbers that are the same as float32, the one with the fewest digits. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

/** As Python has it: "1.0", "0.0001", "1e-05", "1e+16". */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const size = Math.abs(value);
  if (size >= 1e16 || (size > 0 && size < 1e-4))
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : value}.0` : String(value);
}
