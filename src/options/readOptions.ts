import type { FloatType, FloatTypeName } from "./floatType";
import { readNamed } from "./readNamed";
import { OPTIONS } from "./table";

/** Functions that take options, as errors call them. */
export type OptionOwner = keyof typeof OPTIONS;

type Defaulted<Table> = {
  [Name in keyof Table]: Table[Name] extends { default: unknown } ? Name : never;
}[keyof Table];

/** A type of numbers may be written in several ways and is read as the kit's word for it. */
type Read<Value> = [Value, FloatTypeName] extends [FloatTypeName, Value] ? FloatType : Value;

/** Options of that type with the defaults of the table filled in. */
export type ReadOptions<Given, Table> = Omit<Given, Defaulted<Table>> & {
  [Name in Defaulted<Table> & keyof Given]-?: Read<NonNullable<Given[Name]>>;
};

/**
 * The options that a function was handed, checked and with their defaults: the first thing each exported function does.
 *
 * @throws InputError where one is unknown, which names the near one, or holds what it may not
 */
export function readOptions<Owner extends OptionOwner, Given extends object>(
  owner: Owner,
  options: Given | undefined,
): ReadOptions<Given, (typeof OPTIONS)[Owner]> {
  return readNamed(owner, OPTIONS[owner], options === undefined ? {} : options, "", takerOf) as never;
}

function takerOf(name: string): string | undefined {
  return Object.keys(OPTIONS).find((owner) => Object.hasOwn(OPTIONS[owner as OptionOwner], name));
}
