import { type ChildProcess, spawn } from "node:child_process";
import { Watchman } from "./Watchman";

const windows = process.platform === "win32";

/** How a command ended. */
export interface Outcome {
  /** Its exit code; null where a signal ended it or it never began. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What it wrote to stdout. */
  stdout: string;
  /** What it wrote to stderr; stdout too, where that was shown. */
  stderr: string;
  /** Whether there is no such command. */
  missing: boolean;
}

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which it is ended. */
  timeout?: number;
  /** Run by the shell, as Windows' batch files have to be. */
  shell?: boolean;
  /** Its stdout goes on to this process's stderr: for a download's progress. */
  show?: boolean;
}

/**
 * Runs a command and collects what it writes. Never rejects. FROSTKIT_DEBUG=1 shows all of it. It ends with this process, and all that it
 * started with it, however this process ends.
 */
export function runCommand(file: string, args: string[], options: CommandOptions = {}): Promise<Outcome> {
  const { show = false, timeout, ...rest } = options;
  return new Promise((resolve) => {
    const watchman = new Watchman();
    const child = spawn(file, args, {
      ...rest,
      stdio: ["ignore", show ? process.stderr : "pipe", "pipe"],
      // A group of its own, to be ended as one.
      detached: !windows,
    });
    if (child.pid !== undefined) watchman.watch(-child.pid, "KILL");
    const end = (signal: NodeJS.Signals) => endGroup(child, signal);
    const atExit = () => end("SIGKILL");
    process.once("exit", atExit);
    // Node's own timer would keep this process alive where there is no such command.
    const timer = timeout && setTimeout(() => end("SIGTERM"), timeout);
    const over = () => {
      clearTimeout(timer);
      process.removeListener("exit", atExit);
      watchman.dismiss();
    };
    const outcome: Outcome = { code: null, signal: null, stdout: "", stderr: "", missing: false };
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      outcome.stdout += text;
    });
    child.stderr!.setEncoding("utf8").on("data", (text) => {
      outcome.stderr += text;
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      over();
      const missing = error.code === "ENOENT" || error.code === "EACCES";
      resolve({ ...outcome, missing, stderr: outcome.stderr || error.message });
    });
    child.on("close", (code, signal) => {
      over();
      if (process.env.FROSTKIT_DEBUG) process.stderr.write(outcome.stdout + outcome.stderr);
      resolve({ ...outcome, code, signal });
    });
  });
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
