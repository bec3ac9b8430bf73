import { Option as Flag, InvalidArgumentError } from "commander";
import { InputError } from "../errors";
import { defaultOf, type Option } from "../options/Option";
import { decimal, wholeNumber } from "./parseNumbers";

/**
 * An option of the table as a flag of the command line: the same meaning, default and check. `says` and `default` are what a command
 * has instead, where it asks for something narrower.
 */
export function tableFlag(
  entry: Option,
  instead: { flag?: string; says?: string; default?: unknown } = {},
): Flag {
  const { kind, flag } = entry;
  const made = new Flag(instead.flag ?? flag!, instead.says ?? helpOf(entry));
  const otherwise = "default" in instead ? instead.default : entry.default;
  // A flag that takes no value is off where it is left out.
  if (otherwise !== undefined && otherwise !== false)
    made.default(
      otherwise,
      defaultOf({ ...entry, default: otherwise, defaultSays: undefined })?.replaceAll('"', ""),
    );
  if (kind.words) made.choices([...kind.words]);
  else if (kind.range)
    made.argParser((kind.range.whole ? wholeNumber : decimal)(kind.range.min, kind.range.max));
  else if (made.required) made.argParser((text) => checked(entry, made.attributeName(), text));
  return made;
}

/** The first sentence, as commander's own lines begin and end, and the default where it depends on something else. */
function helpOf({ says, default: value, defaultSays }: Option): string {
  const [first] = says.split(/(?<=(?<!\bal)\.)\s/);
  const line = first.replace(/\.$/, "").replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
  const otherwise =
    value === undefined && defaultSays && defaultSays !== "none" ? ` (default: ${defaultSays})` : "";
  return `${line}${otherwise}`.replaceAll("`", "");
}

function checked(entry: Option, name: string, text: string): unknown {
  try {
    return entry.kind.check(name, text, "frostkit");
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InvalidArgumentError(
      `${error.message.slice(name.length + 2).replace("expected", "Expected")}.`,
    );
  }
}
