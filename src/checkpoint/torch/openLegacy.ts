import { InputError } from "../../errors";
import type { OpenFile } from "../../files/OpenFile";
import { storage } from "../safetensors";
import { ByteReader, MOST_PICKLED } from "./ByteReader";
import { type Pickled, type Storage, storageOf, torchGlobals } from "./torchGlobals";
import { unpickle } from "./unpickle";

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/**
 * The format before torch 1.6 (`_legacy_load` in torch/serialization.py): pickles of a magic number, a protocol version, the
 * writer's system, the state dict and the list of storage keys, then each storage as its size in 8 bytes and its elements.
 */
export function openLegacy(file: OpenFile): Pickled {
  const { path } = file;
  const reader = new ByteReader(file, 0, Math.min(file.bytes, MOST_PICKLED));
  const storages = new Map<string, Storage>();
  const globals = torchGlobals(path);
  const next = () =>
    unpickle(reader, {
      globals,
      persistent(id) {
        const stored = storageOf(path, id);
        const known = storages.get(stored.key) ?? stored;
        if (known.dtype !== stored.dtype || known.size !== stored.size)
          throw new InputError(
            `${path}: malformed: storage ${JSON.stringify(stored.key)} is described in two ways that differ`,
          );
        storages.set(stored.key, known);
        return known;
      },
    });
  if (next() !== MAGIC)
    throw new InputError(`${path}: not a file of torch.save: it is a pickle of something else`);
  const protocol = next();
  if (protocol !== PROTOCOL)
    throw new InputError(`${path}: expected protocol version ${PROTOCOL}, got another`);
  const system = next();
  if (!(system instanceof Map) || system.get("little_endian") !== true)
    throw new InputError(
      `${path}: was written on a big-endian machine; expected little-endian numbers: load it in Python and save it anew`,
    );
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new InputError(`${path}: malformed: its storages are not listed`);
  return { value, starts: placeStorages(file, reader.position, keys, storages) };
}

function placeStorages(
  file: OpenFile,
  position: number,
  keys: unknown[],
  storages: Map<string, Storage>,
): Map<string, number> {
  const starts = new Map<string, number>();
  let at = position;
  for (const key of keys) {
    if (typeof key !== "string")
      throw new InputError(`${file.path}: malformed: it lists a storage by something else than a key`);
    const stored = storages.get(key);
    if (!stored)
      throw new InputError(
        `${file.path}: malformed: it lists a storage ${JSON.stringify(key.slice(0, 100))} that no tensor uses`,
      );
    const end = at + 8 + stored.size * storage[stored.dtype].BYTES_PER_ELEMENT;
    if (end > file.bytes)
      throw new InputError(
        `${file.path}: a storage should end at byte ${end} of the file, which has only ${file.bytes}: it is truncated, copy or download it again`,
      );
    const size = Buffer.alloc(8);
    file.read(size, at);
    if (size.readBigInt64LE() !== BigInt(stored.size))
      throw new InputError(
        `${file.path}: malformed: storage ${JSON.stringify(key)} has ${size.readBigInt64LE()} elements in one place and ${stored.size} in another`,
      );
    starts.set(stored.key, at + 8);
    at = end;
  }
  const lost = [...storages.keys()].find((key) => !starts.has(key));
  if (lost !== undefined)
    throw new InputError(`${file.path}: malformed: storage ${JSON.stringify(lost)} is not in it`);
  return starts;
}
