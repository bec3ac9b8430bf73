import { type CommandOptions, type Outcome, runCommand } from "../../packages/runCommand";

/** Runs the active Python, which is called python3 or python. */
export async function runPython(args: string[], options: CommandOptions = {}): Promise<Outcome> {
  const outcome = await runCommand("python3", args, options);
  // 127: a shim of pyenv or asdf stands on the PATH, with no such Python behind it.
  return outcome.missing || outcome.code === 127 ? runCommand("python", args, options) : outcome;
}
