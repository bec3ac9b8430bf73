import { shown } from "../check";
import { InputError } from "../errors";

/**
 * The names that a config has for a head's labels, in the order of the logits: `id2label` of Transformers, which is an object by number,
 * or a list. Numbers and truth values become texts, as Python's Transformers asks for texts. Undefined where there are none.
 *
 * @throws InputError naming the file where they are not one for each number from 0 on
 */
export function storedLabels(given: unknown, field: string, file: string): string[] | undefined {
  if (given === undefined || given === null) return undefined;
  const wrong = (expected: string, got: unknown) =>
    new InputError(`${file}: expected ${expected} in ${field}, got ${shown(got)}`);
  if (typeof given !== "object") throw wrong("a name for each label", given);
  const names = new Map(Object.entries(given));
  if (names.size === 0) return undefined;
  return Array.from({ length: names.size }, (_, i) => {
    const name = names.get(String(i));
    if (name === undefined) throw wrong(`labels 0 to ${names.size - 1}`, [...names.keys()].join(", "));
    if (!["string", "number", "boolean"].includes(typeof name)) throw wrong(`a text as label ${i}`, name);
    return String(name);
  });
}
