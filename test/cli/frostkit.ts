import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/** The compiled command line is what is shipped, so it is what is tested; `npm test` builds it first. */
const main = join(__dirname, "..", "..", "dist", "cli", "main.js");
if (!existsSync(main)) throw new Error(`${main} is missing: npm run build`);

/** Where the commands of a test file run: a folder that is gone afterwards. */
export const folder = mkdtempSync(join(tmpdir(), "frostkit-cli-"));
after(() => rmSync(folder, { recursive: true, force: true }));

export interface Ended {
  /** The exit code, or null where a signal ended the process. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `frostkit …` to its end. */
export function frostkit(...args: string[]): Promise<Ended> {
  return start(args).ended;
}

export interface Place {
  /** What differs from this process's environment; undefined takes a variable away. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** The main file of another copy of the kit. */
  kit?: string;
}

/** Runs `frostkit …` elsewhere, to its end. */
export function frostkitIn(place: Place, ...args: string[]): Promise<Ended> {
  return start(args, place).ended;
}

/** Starts `frostkit …`; `seen` waits for a text on stderr. */
export function start(args: string[], { env = {}, cwd = folder, kit = main }: Place = {}) {
  const child: ChildProcess = spawn(process.execPath, [kit, ...args], {
    cwd,
    // Nothing here may need the network.
    env: { ...process.env, HF_HUB_OFFLINE: "1", FROSTKIT_DEBUG: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, ...output }));
  });
  const seen = (text: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => text.test(output.stderr) && resolve();
      child.stderr!.on("data", look);
      child.on("close", () => reject(new Error(`ended without ${text}: ${output.stderr}`)));
      look();
    });
  return { child, ended, seen };
}
