/**
 * Stands between a process and node:fs, loaded into it by --require before anything else: counts what the process does to files, and at the
 * operation that CHAOS_PLAN names lets it die, be asked to end, get an error, or lose what it had not synced, as when the machine dies.
 * Files outside the folders that it names are none of its business.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join, resolve } from "node:path";
import type { FilePlan } from "./FilePlan";

const plan = JSON.parse(process.env.CHAOS_PLAN ?? "null") as FilePlan | null;
const real = { ...fs };
const PAGE = 4096;

/** A file with writes that are not on the disk yet. */
interface Unsynced {
  /** Another name of it, so that it is found whatever becomes of the first. */
  path: string;
  /** What the disk holds. */
  synced: Buffer;
  pages: Set<number>;
}

let count = 0;
const operations: string[] = [];
let isFull = false;
let held = 0;
/** What each descriptor was opened for. */
const opened = new Map<number, string>();
const unsynced = new Map<string, Unsynced>();
/** How to take back each change of a name that is not on the disk yet, the oldest first. */
let undo: (() => void)[] = [];

const isOurs = (path: unknown): path is string =>
  typeof path === "string" && (plan?.below ?? []).some((folder) => resolve(path).startsWith(`${folder}/`));

const failure = (code: string, call: string, path: string) =>
  Object.assign(new Error(`${code}: as the chaos test says it, ${call} '${path}'`), {
    ...{ code, syscall: call, path },
  });

/** Small numbers from the plan's seed; the layer loads nothing of the kit. */
let state = (plan?.seed ?? 1) >>> 0 || 1;
function draw(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

function die(): never {
  for (;;) process.kill(process.pid, "SIGKILL");
}

/** Says that an operation comes next. `half` does a part of it, where it has parts. */
function before(call: string, path: string, half?: () => void) {
  count++;
  if (!plan) return;
  // Names with numbers in them are those of one thing done again and again.
  operations.push(`${call} ${path.replace(/[0-9a-f]{7,}|\d+/g, "#")}`);
  const { fault } = plan;
  if (isFull && half) throw failure("ENOSPC", call, path);
  if (!fault || count !== fault.at) return;
  real.writeFileSync(plan.told, `${call} ${path}`);
  switch (fault.kind) {
    case "SIGTERM":
    case "SIGINT":
      process.kill(process.pid, fault.kind);
      return;
    case "EIO":
      half?.();
      throw failure("EIO", call, path);
    case "ENOSPC":
      // A full disk still renames and removes.
      isFull = true;
      if (!half) return;
      half();
      throw failure("ENOSPC", call, path);
    case "SIGKILL":
      half?.();
      return die();
    case "machine":
      half?.();
      loseUnsynced();
      return die();
  }
}

const keepsTrack = plan?.fault?.kind === "machine";
const place = () => join(plan!.hold, `${process.pid}-${held++}`);

/** What the disk holds of a file that is about to be changed. */
function touch(path: string): Unsynced | null {
  if (!keepsTrack) return null;
  const stats = real.lstatSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return null;
  const key = `${stats.dev}:${stats.ino}`;
  const known = unsynced.get(key);
  if (known) return known;
  const other = place();
  real.linkSync(path, other);
  const file = { path: other, synced: real.readFileSync(path), pages: new Set<number>() };
  unsynced.set(key, file);
  return file;
}

function touchPages(path: string, start: number, end: number): void {
  const file = touch(path);
  for (let page = Math.floor(start / PAGE); file && page * PAGE < end; page++) file.pages.add(page);
}

function renamed(how: () => void): void {
  if (keepsTrack) undo.push(how);
}

/**
 * The machine dies: changes of names since the last sync of a folder are there up to one of them, as a journal keeps their order; of the
 * bytes that no sync waited for each page may or may not have reached the disk.
 */
function loseUnsynced(): void {
  for (const { path, synced, pages } of unsynced.values()) {
    const now = real.readFileSync(path);
    const how = draw();
    const size = how < 0.4 ? now.length : how < 0.7 ? synced.length : Math.floor(draw() * (now.length + 1));
    const left = Buffer.alloc(size);
    now.copy(left);
    for (const page of pages)
      if (draw() < 0.5) {
        const [from, to] = [page * PAGE, Math.min(size, (page + 1) * PAGE)];
        if (from >= to) continue;
        left.fill(0, from, to);
        if (from < synced.length) synced.copy(left, from, from, Math.min(to, synced.length));
      }
    real.writeFileSync(path, left);
  }
  const kept = Math.floor(draw() * (undo.length + 1));
  for (const step of undo.slice(kept).reverse()) step();
}

/** What a path holds gets another name, so that it can come back; the step that brings it back. */
function holding(path: string): () => void {
  const stats = real.lstatSync(path, { throwIfNoEntry: false });
  if (!keepsTrack || !stats) return () => {};
  if (stats.isDirectory()) return () => real.mkdirSync(path, { recursive: true });
  const other = place();
  real.linkSync(path, other);
  return () => real.renameSync(other, path);
}

const writes = (flags: unknown): boolean =>
  typeof flags === "number" ? (flags & 3) !== 0 : typeof flags === "string" && flags !== "r";

function openSync(path: string, flags: fs.OpenMode = "r", mode?: fs.Mode): number {
  const isNew = !real.existsSync(path);
  if (isOurs(path) && writes(flags)) {
    before("open", path, isNew ? () => {} : undefined);
    if (!isNew) touch(path);
  }
  const file = real.openSync(path, flags, mode);
  if (isOurs(path)) opened.set(file, resolve(path));
  if (isOurs(path) && isNew && writes(flags)) {
    renamed(() => real.rmSync(path, { force: true }));
    touch(path);
  }
  return file;
}

function closeSync(file: number): void {
  opened.delete(file);
  real.closeSync(file);
}

type Bytes = NodeJS.ArrayBufferView;

function writeSync(
  file: number,
  data: Bytes | string,
  ...more: (number | null | undefined | string)[]
): number {
  const path = opened.get(file);
  const at = typeof data === "string" ? null : (more[2] as number | null | undefined);
  const bytes =
    typeof data === "string"
      ? Buffer.from(data)
      : Buffer.from(data.buffer, data.byteOffset + Number(more[0] ?? 0), Number(more[1] ?? data.byteLength));
  const write = (length: number) => {
    // A file that was removed while it is open has no name to be found by any more.
    if (path !== undefined && keepsTrack && real.existsSync(path)) {
      const end = at ?? real.fstatSync(file).size;
      touchPages(path, end, end + length);
    }
    return real.writeSync(file, bytes, 0, length, at ?? null);
  };
  if (path === undefined) return write(bytes.length);
  before("write", path, () => write(bytes.length >> 1));
  const isShort = plan?.short && bytes.length > 1 && draw() < 0.5;
  return write(isShort ? 1 + Math.floor(draw() * (bytes.length - 1)) : bytes.length);
}

type WriteOptions =
  | { flag?: string; mode?: fs.Mode; encoding?: BufferEncoding; flush?: boolean }
  | BufferEncoding
  | null;

function writeFileSync(target: string | number, data: string | Bytes, options?: WriteOptions) {
  const {
    flag = "w",
    mode,
    encoding = "utf8",
    flush = false,
  } = typeof options === "string" ? { encoding: options } : (options ?? {});
  const isOpen = typeof target === "number";
  if (isOpen ? !opened.has(target) : !isOurs(target))
    return real.writeFileSync(target, data as string, options as fs.WriteFileOptions);
  const bytes =
    typeof data === "string"
      ? Buffer.from(data, encoding)
      : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const file = isOpen ? target : openSync(target, flag, mode);
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 16), null);
    if (flush) fsyncSync(file);
  } finally {
    if (!isOpen) closeSync(file);
  }
}

function fsyncSync(file: number) {
  const path = opened.get(file);
  if (path === undefined) return real.fsyncSync(file);
  before("fsync", path);
  const stats = real.fstatSync(file);
  if (stats.isDirectory()) undo = [];
  else {
    const known = unsynced.get(`${stats.dev}:${stats.ino}`);
    if (known) real.rmSync(known.path, { force: true });
    unsynced.delete(`${stats.dev}:${stats.ino}`);
  }
  real.fsyncSync(file);
}

function renameSync(from: string, to: string) {
  if (!isOurs(to)) return real.renameSync(from, to);
  before("rename", to);
  if (plan?.broken === "rename" && real.statSync(from).isFile()) {
    writeFileSync(to, real.readFileSync(from));
    return real.rmSync(from);
  }
  const back = holding(to);
  real.renameSync(from, to);
  renamed(() => {
    real.renameSync(to, from);
    back();
  });
}

function unlinkSync(path: string) {
  if (!isOurs(path)) return real.unlinkSync(path);
  before("unlink", path);
  const back = holding(path);
  real.unlinkSync(path);
  renamed(back);
}

function rmdirSync(path: string) {
  if (!isOurs(path)) return real.rmdirSync(path);
  before("rmdir", path);
  real.rmdirSync(path);
  renamed(() => real.mkdirSync(path, { recursive: true }));
}

function rmSync(path: string, options: fs.RmOptions = {}) {
  const stats = isOurs(path) ? real.lstatSync(path, { throwIfNoEntry: false }) : undefined;
  if (!stats || (stats.isDirectory() && !options.recursive)) return real.rmSync(path, options);
  if (!stats.isDirectory()) return unlinkSync(path);
  for (const name of real.readdirSync(path)) rmSync(join(path, name), options);
  rmdirSync(path);
}

function mkdirSync(path: string, options?: fs.MakeDirectoryOptions | fs.Mode): string | undefined {
  if (!isOurs(path) || real.existsSync(path)) return real.mkdirSync(path, options);
  if (typeof options === "object" && options.recursive && !real.existsSync(dirname(path)))
    mkdirSync(dirname(path), options);
  before("mkdir", path, () => {});
  const made = real.mkdirSync(path, options);
  renamed(() => real.rmSync(path, { recursive: true, force: true }));
  return made;
}

function mkdtempSync(prefix: string): string {
  if (!isOurs(prefix)) return real.mkdtempSync(prefix);
  before("mkdir", prefix, () => {});
  const path = real.mkdtempSync(prefix);
  renamed(() => real.rmSync(path, { recursive: true, force: true }));
  return path;
}

function linkSync(from: string, to: string) {
  if (!isOurs(to)) return real.linkSync(from, to);
  before("link", to, () => {});
  real.linkSync(from, to);
  renamed(() => real.rmSync(to, { force: true }));
}

function symlinkSync(target: string, path: string, type?: fs.symlink.Type | null) {
  if (!isOurs(path)) return real.symlinkSync(target, path, type);
  before("symlink", path, () => {});
  real.symlinkSync(target, path, type);
  renamed(() => real.rmSync(path, { force: true }));
}

function truncateSync(path: string, length?: number): void {
  if (isOurs(path)) {
    before("truncate", path);
    touch(path);
  }
  real.truncateSync(path, length);
}

function copyFileSync(from: string, to: string) {
  if (!isOurs(to)) return real.copyFileSync(from, to);
  writeFileSync(to, real.readFileSync(from), { mode: real.statSync(from).mode });
}

if (plan) {
  const mine = {
    ...{ openSync, closeSync, writeSync, writeFileSync, fsyncSync, fdatasyncSync: fsyncSync, renameSync },
    ...{
      unlinkSync,
      rmdirSync,
      rmSync,
      mkdirSync,
      mkdtempSync,
      linkSync,
      symlinkSync,
      truncateSync,
      copyFileSync,
    },
    appendFileSync: (path: string, data: string) => writeFileSync(path, data, { flag: "a" }),
  };
  Object.assign(fs, mine);
  syncBuiltinESMExports();
  process.once("exit", () => {
    try {
      real.writeFileSync(plan.counted, JSON.stringify(operations));
    } catch {
      // The disk is full.
    }
  });
}
