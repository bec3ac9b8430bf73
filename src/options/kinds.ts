import { bounds, shown } from "../check";
import { InputError } from "../errors";
import { encodingName } from "./encodingName";
import { floatType } from "./floatType";
import type { OptionTable } from "./Option";
import { readNamed } from "./readNamed";

/** What an option may hold: how errors and documents say it, and how it is checked. */
export interface Kind {
  /** As an error says it: "an integer of at least 1". */
  readonly expected: string;
  /** The value as the kit goes on with it, else an InputError that names it; `owner` is the function it was handed to. */
  check(name: string, value: unknown, owner: string): unknown;
  /** Of numbers: what a command line's parser keeps to. */
  readonly range?: { whole: boolean; min: number; max: number };
  /** Of words: all there are. */
  readonly words?: readonly string[];
  /** Of parts with options of their own. */
  readonly table?: OptionTable;
}

/** A kind that takes a value as it is, or not. */
export function kindOf(expected: string, fits: (value: unknown) => boolean): Kind {
  return {
    expected,
    check(name, value) {
      if (!fits(value)) throw new InputError(`${name}: expected ${expected}, got ${shown(value)}`);
      return value;
    },
  };
}

export const integer = (min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): Kind => ({
  ...kindOf(
    `an integer ${bounds(min, max)}`,
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  ),
  range: { whole: true, min, max },
});

export const number = (min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): Kind => ({
  ...float32(
    `a number ${bounds(min, max)}`,
    (value) => value >= min && value <= max,
    // Rounding may lead beyond a bound that may be reached.
    () => true,
  ),
  range: { whole: false, min, max },
});

/** A number above `min`, which is too small by itself, and below `under`, which is too large. */
export const above = (min: number, under = Number.POSITIVE_INFINITY): Kind =>
  float32(
    `a number above ${min}${under === Number.POSITIVE_INFINITY ? "" : ` and below ${under}`}`,
    (value) => value > min && value < under,
  );

/** A number from `min` on that stays below `under`. */
export const below = (min: number, under: number): Kind =>
  float32(`a number from ${min} on and below ${under}`, (value) => value >= min && value < under);

/** A finite number that fits, also as float32, which is what all is computed in: 1e-50 is 0 there, 1e39 infinite. */
function float32(expected: string, fits: (value: number) => boolean, rounds = fits): Kind {
  return {
    expected,
    check(name, value) {
      if (!Number.isFinite(value) || !fits(value as number))
        throw new InputError(`${name}: expected ${expected}, got ${shown(value)}`);
      const rounded = Math.fround(value as number);
      if (Number.isFinite(rounded) && rounds(rounded)) return value;
      throw new InputError(
        `${name}: expected ${expected}, got ${shown(value)}, which as float32 is ${rounded}`,
      );
    },
  };
}

export const boolean = (): Kind => kindOf("true or false", (value) => typeof value === "boolean");

export const text = (): Kind => kindOf("a text", (value) => typeof value === "string");

/** A name that something is called or kept by. */
export const name = (): Kind =>
  kindOf("a text that is not empty", (value) => typeof value === "string" && value !== "");

export const word = (words: readonly string[]): Kind => ({
  ...kindOf(words.length === 1 ? JSON.stringify(words[0]) : `one of ${words.join(", ")}`, (value) =>
    words.includes(value as string),
  ),
  words,
});

/** "fp32", "bf16" or "fp16", however it is spelt. */
export const float = (): Kind => ({
  expected: "one of fp32, bf16, fp16",
  check: (name, value) => floatType(name, value),
});

/** How characters are written as bytes, by any name of it; what is gone on with is the web's name. */
export const encoding = (): Kind => {
  const expected = 'an encoding such as "utf-8", "windows-1252", "latin1", "utf-16", "gbk" or "shift_jis"';
  return {
    expected,
    check(name, value) {
      const found = typeof value === "string" ? encodingName(value) : null;
      if (found === null) throw new InputError(`${name}: expected ${expected}, got ${shown(value)}`);
      return found;
    },
  };
};

/** What stands between two cells of a line: one character, a tab also by its name or as a shell writes it. */
export const delimiter = (): Kind => {
  const expected = 'what stands between two cells: ",", ";", "|", "tab" or another character';
  return {
    expected,
    check(name, value) {
      if (value === "tab" || value === "\\t") return "\t";
      // Letters, digits and quotes are parts of cells, line ends of rows.
      if (typeof value === "string" && /^[^\p{L}\p{N}\p{C}"]$|^\t$/u.test(value)) return value;
      throw new InputError(`${name}: expected ${expected}, got ${shown(value)}`);
    },
  };
};

/** An array, each of whose values is of that kind. */
export const list = (of: Kind, length?: number): Kind => ({
  expected: `a list${length === undefined ? "" : ` of ${length}`}, each ${of.expected}`,
  table: of.table,
  check(name, value, owner) {
    if (!Array.isArray(value) || (length !== undefined && value.length !== length))
      throw new InputError(
        `${name}: expected ${length === undefined ? "a list" : `a list of ${length}`}, got ${shown(value)}`,
      );
    return value.map((each, i) => of.check(`${name}[${i}]`, each, owner));
  },
});

/** A list of at least one value, each of that kind and none of them twice. */
export const distinct = (of: Kind): Kind => {
  const values = list(of);
  return {
    ...values,
    expected: `a list of different values, each ${of.expected}`,
    check(name, value, owner) {
      const given = values.check(name, value, owner) as unknown[];
      if (given.length === 0) throw new InputError(`${name}: expected at least one, got none`);
      const twice = given.find((each, i) => given.indexOf(each) < i);
      if (twice !== undefined) throw new InputError(`${name}: expected each once, got ${shown(twice)} twice`);
      return given;
    },
  };
};

/** One kind or another: the first that takes the value. */
export const either = (...kinds: Kind[]): Kind => ({
  expected: kinds.map(({ expected }) => expected).join(", or "),
  table: kinds.find(({ table }) => table)?.table,
  check(name, value, owner) {
    const problems: InputError[] = [];
    for (const kind of kinds)
      try {
        return kind.check(name, value, owner);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(error);
      }
    // Of a list or an object what is wrong inside it says more than that it is no word.
    if (typeof value === "object" && value !== null) throw problems.at(-1);
    throw new InputError(`${name}: expected ${this.expected}, got ${shown(value)}`);
  },
});

/** An object with options of its own. */
export const parts = (table: OptionTable): Kind => ({
  expected: `an object of ${Object.keys(table).join(", ")}`,
  table,
  check: (name, value, owner) => readNamed(owner, table, value, name),
});

/** An object with one of several options. */
export const exactlyOne = (table: OptionTable): Kind => {
  const kind = parts(table);
  const expected = `an object of one of ${Object.keys(table).join(", ")}`;
  return {
    ...kind,
    expected,
    check(name, value, owner) {
      const given = kind.check(name, value, owner) as Record<string, unknown>;
      if (Object.values(given).filter((each) => each !== undefined).length !== 1)
        throw new InputError(`${name}: expected ${expected}, got ${shown(value)}`);
      return given;
    },
  };
};

export const callback = (): Kind => kindOf("a function", (value) => typeof value === "function");

export const signal = (): Kind =>
  kindOf("an AbortSignal, as an AbortController's `signal` is", (value) => {
    const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
    return typeof aborted === "boolean" && typeof addEventListener === "function";
  });

/** An object of the kit's or the platform's, told by what it can do, since notebooks may hold two copies of a class. */
export const having = (expected: string, ...members: string[]): Kind =>
  kindOf(expected, (value) => Object(value) === value && members.every((member) => member in Object(value)));
