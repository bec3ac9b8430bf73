import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends a process, or a group of them, where this process ends first, even by SIGKILL, of which nothing in it gets to know: a shell of its own that waits
 * until its input closes. On Windows there is none, and what was started may live on.
 */
export class Watchman {
  #shell: ChildProcess | null = null;

  /** To be made before what it watches, so that hardly a moment passes unwatched. */
  constructor() {
    if (process.platform === "win32") return;
    const script =
      'read -r signal target && [ -n "$target" ] && { read -r over || kill -s "$signal" -- "$target"; }';
    this.#shell = spawn("sh", ["-c", script], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    // Where there is no shell, commands run all the same.
    this.#shell.on("error", () => {});
    this.#input.on("error", () => {});
    this.#shell.unref();
    this.#input.unref();
  }

  /** @param target a process's number, or that of a group with a minus before it */
  watch(target: number, signal: "TERM" | "KILL"): void {
    if (this.#shell) this.#input.write(`${signal} ${target}\n`);
  }

  /** Says that what was watched has ended. */
  dismiss(): void {
    if (this.#shell) this.#input.end("over\n");
  }

  get #input(): NodeJS.WritableStream & { unref(): void } {
    return this.#shell!.stdin as unknown as NodeJS.WritableStream & { unref(): void };
  }
}
