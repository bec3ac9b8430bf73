import { randomUUID } from "node:crypto";
import { closeSync, linkSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FrostError } from "../errors";
import { oneLine } from "../text/oneLine";
import { codeOf } from "./codeOf";
import { clearExclusively, exclusively } from "./exclusively";
import { processStart } from "./processStart";
import { findAbandoned, withUnfinished } from "./unfinished";
import { writeFully } from "./writeFully";

/** Who writes to a folder. */
interface Owner {
  /** Tells this lock from all others. */
  id: string;
  host: string;
  pid: number;
  /** Of the process: see `processStart`. */
  started: string | null;
  /** When the lock was taken. */
  since: string;
}

const NAME = ".frostkit-lock";
/** Seconds between two signs of life, and of silence after which a process of another machine is taken for dead. */
const BEAT = 5;
const SILENCE = 300;

/**
 * Says to all processes, on whatever machine, that this one writes to a folder: a file in it with the process and its machine, whose time
 * of change is the last sign of life. The lock of a process that is no more is taken over.
 */
export class FolderLock {
  #path: string;
  #owner: Owner;
  #timer: NodeJS.Timeout;
  #released = false;
  #atExit = () => this.release();

  private constructor(
    private readonly folder: string,
    owner: Owner,
  ) {
    this.#path = join(folder, NAME);
    this.#owner = owner;
    this.#timer = setInterval(() => this.#beat(), 1000 * BEAT).unref();
    process.once("exit", this.#atExit);
  }

  /**
   * Locks a folder that is there; `log` is told of a lock that was left behind.
   *
   * @throws FrostError where another process holds it, with who that is
   */
  static take(folder: string, log: (line: string) => void): FolderLock {
    const path = join(folder, NAME);
    for (const ending of [".tmp", ".now"])
      for (const left of findAbandoned(path, ending)) rmSync(left, { force: true });
    const { pid } = process;
    const since = new Date().toISOString();
    const owner = { id: randomUUID(), host: hostname(), pid, started: processStart(pid), since };
    for (;;) {
      const other = create(path, owner);
      if (!other) {
        clearExclusively(`${path}-break`);
        return new FolderLock(folder, owner);
      }
      if (isAlive(path, other))
        throw new FrostError(
          `${folder}: expected a folder that no other run writes to, got one that ${nameOf(other)} does, since ${oneLine(other.since)}; wait for its end, stop it, or name another folder`,
        );
      const wasRemoved = exclusively(`${path}-break`, () => {
        if (readOwner(path)?.id !== other.id) return false;
        rmSync(path, { force: true });
        return true;
      });
      if (wasRemoved) log(`${folder}: ${nameOf(other)}, which wrote to it, is no more; this run takes over`);
    }
  }

  /** Throws a FrostError where the lock was lost: this machine slept for so long that another process took it for dead. */
  check(): void {
    const now = readOwner(this.#path);
    if (!this.#released && now?.id === this.#owner.id) return;
    throw new FrostError(
      `${this.folder}: the lock of this run is gone${now ? `: ${nameOf(now)} has taken over` : ""}; nothing more is written there`,
    );
  }

  /** Writes the file's own bytes once more: its time is then that of the folder's disk, whatever this machine's clock says. */
  #beat(): void {
    if (readOwner(this.#path)?.id !== this.#owner.id) return;
    try {
      const file = openSync(this.#path, "r+");
      try {
        writeFully(file, Buffer.from(JSON.stringify(this.#owner)), 0);
      } finally {
        closeSync(file);
      }
    } catch {
      // It is missed where something is to be written.
    }
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    clearInterval(this.#timer);
    process.removeListener("exit", this.#atExit);
    if (readOwner(this.#path)?.id === this.#owner.id) rmSync(this.#path, { force: true });
  }
}

/** Puts the lock there, or gives who has it. */
function create(path: string, owner: Owner): Owner | null {
  let other: Owner | null = null;
  withUnfinished(path, ".tmp", (unfinished) => {
    const text = JSON.stringify(owner);
    writeFileSync(unfinished, text, { flag: "wx", flush: true });
    for (;;) {
      try {
        link(unfinished, path, text);
        return;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      other = readOwner(path);
      // Else it was given back at this moment.
      if (other) return;
    }
  });
  return other;
}

/** A file that appears with its content, or not at all where one is there. */
function link(unfinished: string, path: string, text: string): void {
  try {
    linkSync(unfinished, path);
  } catch (error) {
    // Some file systems know no links.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(codeOf(error) ?? "")) throw error;
    writeFileSync(path, text, { flag: "wx" });
  }
}

/** Who holds a lock; a file without a word on that is held by nobody who lives. Null where there is none. */
function readOwner(path: string): Owner | null {
  try {
    const {
      id = "",
      host = "",
      pid = 0,
      started = null,
      since = "",
    } = Object(JSON.parse(readFileSync(path, "utf8") || "{}")) as Partial<Owner>;
    return { id, host, pid, started, since };
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error) ?? "")) return null;
    if (error instanceof SyntaxError) return { id: "", host: "", pid: 0, started: null, since: "" };
    throw error;
  }
}

function isAlive(path: string, { host, pid, started }: Owner): boolean {
  // Without a name: it is being written, where a file system knows no links, or a crash of the machine has taken what was.
  if (host === "") return silence(path) < BEAT;
  if (host !== hostname()) return silence(path) < SILENCE;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM would mean that it runs for somebody else.
    return codeOf(error) !== "ESRCH";
  }
  const present = processStart(pid);
  if (present === "ended") return false;
  return started === null || present === null || present === started;
}

/** Seconds since the last sign of life, by the clock of the folder's disk. */
function silence(path: string): number {
  let now = 0;
  withUnfinished(path, ".now", (probe) => {
    writeFileSync(probe, "");
    now = statSync(probe).mtimeMs;
  });
  const last = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
  return (now - last) / 1000;
}

const nameOf = ({ host, pid }: Owner): string =>
  host === hostname()
    ? pid === process.pid
      ? "another run of this process"
      : `process ${pid}`
    : host === ""
      ? "a process that left no name"
      : `process ${pid} on ${oneLine(host)}`;
