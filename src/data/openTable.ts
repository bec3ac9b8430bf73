import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline, Readable } from "node:stream";
import { crc32, createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from "node:zlib";
import { InputError } from "../errors";
import { endings } from "../files/endings";
import { hasEnding } from "../files/hasEnding";
import { OpenFile } from "../files/OpenFile";
import { type ZipEntry, zipEntries } from "../files/zipEntries";
import { someOf } from "../text/someOf";
import { fileKind, GZIP, KIND_BYTES, ZIP } from "./fileKind";

/** A table's file, unpacked where it was packed. */
export interface TableFile {
  /** What messages call it: its path, and behind a slash the file in an archive. */
  path: string;
  /** The name whose ending tells how it is read. */
  name: string;
  /** Its first bytes, `KIND_BYTES` at most. */
  start: Buffer;
  /** Its bytes from the first on, read anew each time. */
  chunks(): AsyncGenerator<Buffer>;
}

/** Bytes that are read, or unpacked, at a time. */
const CHUNK = 2 ** 22;

/** No table of text is packed to less than this share of itself; what is, and is larger than that, was made to fill a memory. */
const [MOST_PACKED, LEAST_BOMB] = [100, 2 ** 26];

/**
 * Opens the file of a table: as it is, or the one in a gzip file or a ZIP archive. Nothing but its first bytes is read before it is asked for.
 *
 * @throws InputError naming the file where it cannot be read, is a pipe or a device, or is an archive of no table or of several
 */
export async function openTable(path: string): Promise<TableFile> {
  const stats = await stat(path).catch(unreadable(path));
  if (stats.isDirectory()) throw unreadable(path)(Object.assign(new Error(), { code: "EISDIR" }));
  // Opening a pipe that nobody writes to would never end.
  if (!stats.isFile())
    throw new InputError(
      `${path}: expected a file, got a pipe or a device; write what comes out of it to a file`,
    );
  const plain = () => read(path, 0, Number.POSITIVE_INFINITY);
  const start = await startOf(plain());
  const kind = fileKind(start)?.what;
  if (kind === GZIP) {
    const name = basename(path).replace(/\.gz$/i, "");
    return opened({ path, name, chunks: () => unpacked(path, plain(), createGunzip, stats.size) });
  }
  if (kind === ZIP) return opened(inArchive(path));
  return { path, name: path, start, chunks: plain };
}

const opened = async (file: Omit<TableFile, "start">): Promise<TableFile> => ({
  ...file,
  start: await startOf(file.chunks()),
});

/** The one table of an archive. */
function inArchive(path: string): Omit<TableFile, "start"> {
  const { name, entry } = tableIn(path);
  const inside = `${path}/${name}`;
  if (entry.encrypted)
    throw new InputError(
      `${inside}: expected a table, got one behind a password; unpack it, for instance by unzip`,
    );
  if (entry.method !== 0 && entry.method !== 8)
    throw new InputError(
      `${inside}: expected it stored or deflated, got it packed by method ${entry.method}; unpack it, for instance by 7z x`,
    );
  const { start, packedBytes } = entry;
  const packed = () => read(path, start, start + packedBytes);
  return {
    path: inside,
    name,
    chunks: () =>
      checked(
        inside,
        entry.method === 0 ? packed() : unpacked(inside, packed(), createInflateRaw, packedBytes),
        entry,
      ),
  };
}

function tableIn(path: string): { name: string; entry: ZipEntry } {
  const file = new OpenFile(path);
  try {
    // macOS packs its own notes on each file beside it.
    const files = [...zipEntries(file)].filter(
      ([name]) => !name.endsWith("/") && !/(^|\/)(__MACOSX\/|\.[^/]*$)/.test(name),
    );
    const tables = files.filter(([name]) => hasEnding(name, [...endings.cells, ...endings.json]));
    const found = files.length === 1 ? files : tables;
    if (found.length === 1) return { name: found[0][0], entry: found[0][1] };
    const names = someOf(
      files.map(([name]) => name),
      5,
    );
    throw new InputError(
      `${path}: expected an archive with one table in it, got ${files.length === 0 ? "an empty one" : `${files.length} files, ${names}`}; unpack it, for instance by unzip`,
    );
  } finally {
    file.close();
  }
}

/** Bytes of a file from one place to another. */
async function* read(path: string, start: number, end: number): AsyncGenerator<Buffer> {
  const file = await open(path).catch(unreadable(path));
  try {
    for (let at = start; at < end; ) {
      const size = Math.min(CHUNK, end - at);
      const { buffer, bytesRead } = await file
        .read(Buffer.allocUnsafe(size), 0, size, at)
        .catch(unreadable(path));
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unpacked(
  path: string,
  packed: AsyncGenerator<Buffer>,
  unpacker: (options: { chunkSize: number }) => Gunzip | InflateRaw,
  packedBytes: number,
): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    // What goes wrong, or that reading ends early, is passed on to both streams; the loop below throws it.
    for await (const chunk of pipeline(Readable.from(packed), unpacker({ chunkSize: CHUNK }), () => {})) {
      size += chunk.length;
      if (size > LEAST_BOMB && size > MOST_PACKED * packedBytes)
        throw new InputError(
          `${path}: expected a table, got ${packedBytes} bytes that unpack to more than ${MOST_PACKED} times as many, as no table does; if that is right, unpack it yourself`,
        );
      yield chunk;
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw damaged(path, (error as Error).message);
  }
}

/** Throws at the end where the bytes are not those that were packed. */
async function* checked(
  path: string,
  chunks: AsyncGenerator<Buffer>,
  { bytes, crc }: ZipEntry,
): AsyncGenerator<Buffer> {
  let [size, sum] = [0, 0];
  for await (const chunk of chunks) {
    size += chunk.length;
    sum = crc32(chunk, sum);
    yield chunk;
  }
  if (size !== bytes || sum !== crc) throw damaged(path, "its checksum is another");
}

const damaged = (path: string, why: string): InputError =>
  new InputError(
    `${path}: cannot be unpacked (${why}): it is truncated or damaged, copy or download it again`,
  );

async function startOf(chunks: AsyncGenerator<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= KIND_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, KIND_BYTES);
}

const reasons: Record<string, string> = {
  ENOENT: "no such file",
  EISDIR: "it is a folder",
  EACCES: "permission denied",
};

const unreadable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new InputError(`${path}: cannot be read (${reasons[error.code ?? ""] ?? error.message})`);
  };
