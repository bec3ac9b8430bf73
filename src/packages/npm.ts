import { FrostError } from "../errors";
import { type Outcome, runCommand } from "./runCommand";

/** Runs npm in a folder, without a word where all goes well. @throws FrostError with npm's own reason. */
export async function npm(cwd: string, ...args: string[]): Promise<void> {
  // npm is a batch file on Windows, and those run in a shell alone.
  const windows = process.platform === "win32";
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const outcome = await runCommand("npm", [...args, ...quiet], { cwd, shell: windows });
  if (outcome.missing)
    throw new FrostError("npm: expected it on the PATH, where Node.js puts it, found none");
  if (outcome.code !== 0) throw new FrostError(`npm ${args[0]} failed: ${reasonOf(outcome)}`);
}

function reasonOf({ stderr, code, signal }: Outcome): string {
  const lines = stderr.split("\n").filter((line) => /^npm (error|ERR!)/.test(line));
  return (
    lines
      .slice(0, 3)
      .map((line) => line.replace(/^npm (error|ERR!) /, ""))
      .join("; ") || `${signal ?? `exit code ${code}`}`
  );
}
