import { shown } from "../check";
import { InputError } from "../errors";
import { nearName } from "./nearName";
import type { OptionTable } from "./Option";

/**
 * The options as a plain object: each checked, defaults filled in, and none that the table does not know. What is undefined counts as
 * left out. `path` is where they stand among others: "parameterGroups[0]".
 *
 * @throws InputError naming the option, the function and the name that was probably meant
 */
export function readNamed(
  owner: string,
  table: OptionTable,
  options: unknown,
  path = "",
  /** Who else takes an option of that name. */
  takerOf: (name: string) => string | undefined = () => undefined,
): Record<string, unknown> {
  const given = checkNames(owner, table, options, path, takerOf);
  const read: Record<string, unknown> = {};
  for (const [name, { kind, default: otherwise, required }] of Object.entries(table)) {
    const value = given[name];
    if (value !== undefined || required)
      read[name] = kind.check(path ? `${path}.${name}` : name, value, owner);
    else if (otherwise !== undefined) read[name] = otherwise;
  }
  return read;
}

/** What was given, by name, in an object without a prototype; its values are not looked at. Throws where a name is unknown. */
export function checkNames(
  owner: string,
  table: OptionTable,
  options: unknown,
  path = "",
  takerOf: (name: string) => string | undefined = () => undefined,
): Record<string, unknown> {
  if (typeof options !== "object" || options === null || Array.isArray(options) || options instanceof Promise)
    throw new InputError(
      `${path || owner}: expected an object of ${path ? Object.keys(table).join(", ") : "options"}, got ${shown(options)}`,
    );
  const given: Record<string, unknown> = Object.create(null);
  for (const name of namesIn(options)) {
    if (!Object.hasOwn(table, name)) throw unknownOption(owner, table, name, path, takerOf(name));
    given[name] = (options as Record<string, unknown>)[name];
  }
  return given;
}

/** Enumerable names, inherited ones too, as of options made by `Object.create`; not what all objects share. */
function namesIn(options: object): Set<string> {
  const names = new Set<string>();
  for (let from: object | null = options; from; from = Object.getPrototypeOf(from))
    if (from === options || Object.getPrototypeOf(from) !== null)
      for (const name of Object.keys(from)) names.add(name);
  return names;
}

function unknownOption(
  owner: string,
  table: OptionTable,
  name: string,
  path: string,
  taker?: string,
): InputError {
  const at = (option: string) => (path ? `${path}.${option}` : option);
  const names = Object.keys(table);
  const plain = (text: string) => text.replaceAll("_", "").toLowerCase();
  const same = names.find((known) => table[known].also?.some((other) => plain(other) === plain(name)));
  const near = same ?? nearName(name, names);
  const known = names.length > 0 ? `it knows ${names.join(", ")}` : "it takes none";
  const hint = near ? `did you mean ${near}?` : taker ? `${known}; ${taker} takes ${name}` : known;
  return new InputError(`${owner}: unknown option ${at(printable(name))}; ${hint}`);
}

/** A name in one line, whatever is in it. */
const printable = (name: string): string => (/^[\p{L}\p{N}_$.:-]+$/u.test(name) ? name : shown(name));
