import { CommanderError } from "commander";
import { FrostError, InputError } from "../errors";
import { FreezeError, visible } from "../freeze";
import { Interrupted } from "./interrupt";

interface Failure {
  exitCode: number;
  /** For stderr: one line, or null where all is said already. */
  line: string | null;
}

/**
 * What an error means to a shell. 2: wrong use or bad input; 130: Ctrl-C; 143: SIGTERM;
 * 124: `--max-minutes`; 1: anything else. `command` is what was typed,
 * "frostkit sweep"; `spelled` calls options as they are typed there.
 */
export function failureOf(
  error: unknown,
  command: string,
  spelled: (text: string) => string = (text) => text,
): Failure {
  if (error instanceof CommanderError) return usage(error, command);
  const text = oneLine(error instanceof Error ? error.message : String(error));
  const message = error instanceof FrostError ? spelled(text) : text;
  if (error instanceof Interrupted) return { exitCode: error.exitCode, line: `${command}: ${message}` };
  if (error instanceof InputError || error instanceof FreezeError)
    return { exitCode: 2, line: `${command}: ${message}` };
  if (error instanceof FrostError) return { exitCode: 1, line: `${command}: ${message}` };
  return { exitCode: 1, line: `${command}: ${message} (FROSTKIT_DEBUG=1 shows where)` };
}

/** Commander throws for --help and --version too, once they are printed. */
function usage(error: CommanderError, command: string): Failure {
  if (error.exitCode === 0) return { exitCode: 0, line: null };
  const what = error.code === "commander.help" ? "expected a command" : error.message.replace(/^error: /, "");
  return { exitCode: 2, line: `${command}: ${oneLine(what).replace(/\.$/, "")}; see ${command} --help` };
}

function oneLine(text: string): string {
  return visible(text.trim().replace(/\s*\n\s*/g, " "));
}
