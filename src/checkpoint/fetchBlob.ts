import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { FrostError } from "../errors";
import { syncFolder } from "../files/replaceFolder";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "../files/unfinished";
import { writeFully } from "../files/writeFully";

/** A file's content as the Hub announces it. */
export interface Content {
  /** What errors call it. */
  name: string;
  bytes: number;
  /** `sha256` of the content for files in large-file storage, else Git's blob hash of it. */
  algorithm: "sha256" | "git";
  digest: string;
  /** Asks for the content; the Blob's slices stream themselves from the Hub. */
  open(): Promise<Blob>;
}

/**
 * Brings a content to `path`, where it appears only once its size and hash are right. `downloadFileToCacheDir` of
 * @huggingface/hub checks neither and starts anew each time; here, what an interrupted run left is taken up where it stopped,
 * and a broken connection at once, as long as each attempt brings something.
 *
 * @param onBytes called with the number of bytes that are there
 * @throws FrostError when what came is not what was announced; it is deleted then
 */
export async function fetchBlob(
  path: string,
  content: Content,
  onBytes: (loaded: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const partial = takePartial(path);
  try {
    const inOneGo = await complete(partial, content, onBytes, signal);
    let wrong = await compare(partial, content);
    if (wrong && !inOneGo) {
      // The fault may lie in what was there before, or in a server that ignores ranges: once more from the start.
      rmSync(partial);
      await complete(partial, content, onBytes, signal);
      wrong = await compare(partial, content);
    }
    if (wrong) {
      rmSync(partial);
      throw new FrostError(
        `${content.name}: ${wrong}: it was damaged on its way and has been deleted, try again`,
      );
    }
    sync(partial);
    renameSync(partial, path);
    syncFolder(dirname(path));
  } finally {
    releaseUnfinished(partial);
  }
}

/** A path of our own, with the content that an interrupted run left behind if there is any. */
function takePartial(path: string): string {
  const partial = claimUnfinished(path, ".incomplete");
  for (const left of findAbandoned(path, ".incomplete"))
    try {
      if (sizeOf(left) > sizeOf(partial)) renameSync(left, partial);
      else rmSync(left);
    } catch {
      // Another process was quicker to take it.
    }
  return partial;
}

/** Appends what is missing. Says whether all of it came in one piece. */
async function complete(
  partial: string,
  content: Content,
  onBytes: (loaded: number) => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const { name, bytes } = content;
  // The Hub answers a range of an empty file with an error.
  if (bytes === 0) writeFileSync(partial, "");
  let inOneGo = sizeOf(partial) === 0;
  for (let start = sizeOf(partial); start < bytes; start = sizeOf(partial)) {
    onBytes(start);
    try {
      const blob = await content.open();
      await append(partial, blob.slice(start), bytes - start, (loaded) => onBytes(start + loaded));
    } catch (error) {
      signal?.throwIfAborted();
      if (sizeOf(partial) === start) throw error;
    }
    if (sizeOf(partial) === start)
      throw new FrostError(`${name}: the connection ended before anything came, try again`);
    if (sizeOf(partial) < bytes) inOneGo = false;
  }
  return inOneGo;
}

/** Writes synchronously, so that after an error the file's size says exactly what is there. */
async function append(
  partial: string,
  blob: Blob,
  expected: number,
  onBytes: (loaded: number) => void,
): Promise<void> {
  const descriptor = openSync(partial, "a");
  try {
    let loaded = 0;
    for await (const chunk of blob.stream() as unknown as AsyncIterable<Uint8Array>) {
      writeFully(descriptor, chunk);
      loaded += chunk.length;
      onBytes(loaded);
      // A server that sends more than it announced is not listened to for ever.
      if (loaded >= expected) break;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** What is wrong with the file, if anything. */
async function compare(partial: string, { bytes, algorithm, digest }: Content): Promise<string | undefined> {
  if (sizeOf(partial) !== bytes) return `expected ${bytes} bytes, got ${sizeOf(partial)}`;
  const hash = createHash(algorithm === "git" ? "sha1" : "sha256");
  // https://git-scm.com/book/en/v2/Git-Internals-Git-Objects: the hash of a header and the content.
  if (algorithm === "git") hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(partial)) hash.update(chunk);
  const got = hash.digest("hex");
  return got === digest
    ? undefined
    : `expected ${algorithm === "git" ? "Git hash" : "SHA-256"} ${digest}, got ${got}`;
}

/** Waits until a file is on the disk: one whose name outlived a crash of the machine, and its bytes did not, would be taken for whole. */
function sync(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
