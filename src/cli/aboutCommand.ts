import type { Command } from "commander";
import type { DataFlags } from "./options";

/** What a report names besides: the model and the files, and the command, all as they were typed. */
export function aboutCommand({ model, train, valid }: DataFlags, command: Command): Record<string, string> {
  let root = command;
  while (root.parent) root = root.parent;
  const { rawArgs = [] } = root as Command & { rawArgs?: string[] };
  const name = command.name();
  const words = rawArgs[0] === name ? rawArgs : [name, ...rawArgs];
  const quote = (word: string) =>
    /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return {
    model,
    train: train.join(", "),
    ...(valid !== undefined && { valid: valid.join(", ") }),
    command: ["frostkit", ...words].map(quote).join(" "),
  };
}
