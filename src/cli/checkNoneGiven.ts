import type { Command } from "commander";
import { InputError } from "../errors";

/** Throws where one of the options was given, which say nothing of what is at hand: an option is refused rather than ignored. */
export function checkNoneGiven(command: Command, names: readonly string[], atHand: string): void {
  const given = command.options.find((option) => {
    const name = option.attributeName();
    return names.includes(name) && command.getOptionValueSource(name) === "cli";
  });
  if (given) throw new InputError(`${given.long}: expected none, since ${atHand}; leave it out`);
}
