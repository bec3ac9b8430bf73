import type { Kind } from "./kinds";

/** One option: all that its check, its doc comment, the documents and the command line say of it. */
export interface Option {
  /** What it means, in whole sentences. */
  readonly says: string;
  readonly kind: Kind;
  /** What is taken where it is left out. */
  readonly default?: unknown;
  /** The same in words, where it depends on something else or a number says little. */
  readonly defaultSays?: string;
  readonly required?: true;
  /** As commander writes it: "--epochs <count>"; an older name of the flag stands in front. */
  readonly flag?: string;
  /** What others call it: whoever writes that is told the kit's word. */
  readonly also?: readonly string[];
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option>>;

/** An entry of a table. */
export function option<const More extends Omit<Option, "says" | "kind">>(
  says: string,
  kind: Kind,
  more: More = {} as More,
): Pick<Option, "says" | "kind"> & More {
  return { says, kind, ...more };
}

/** The default as documents write it; undefined where there is none. */
export function defaultOf({ default: value, defaultSays }: Option): string | undefined {
  if (defaultSays !== undefined) return defaultSays;
  if (typeof value === "number") return value !== 0 && value < 1e-3 ? value.toExponential() : String(value);
  return value === undefined ? undefined : JSON.stringify(value).replaceAll(",", ", ");
}
