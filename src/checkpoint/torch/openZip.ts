import { InputError } from "../../errors";
import type { OpenFile } from "../../files/OpenFile";
import { zipEntries } from "../../files/zipEntries";
import { storage } from "../safetensors";
import { ByteReader, MOST_PICKLED } from "./ByteReader";
import { type Pickled, storageOf, torchGlobals } from "./torchGlobals";
import { unpickle } from "./unpickle";

/**
 * The archive of torch 1.6 and later: `<name>/data.pkl`, and each storage in an entry `<name>/data/<key>`. Entries are stored as they are,
 * so that tensors can be read from their places; a compressed one is refused.
 */
export function openZip(file: OpenFile): Pickled {
  const { path } = file;
  const entries = zipEntries(file);
  const compressed = [...entries].find(([, { method }]) => method !== 0)?.[0];
  if (compressed !== undefined)
    throw new InputError(
      `${path}: its entry ${JSON.stringify(compressed)} is compressed, which torch.save never does: unpack the archive and zip it again with \`zip -0\``,
    );
  const pickle = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined)
    throw new InputError(
      `${path}: not a file of torch.save: its archive holds no data.pkl, but ${JSON.stringify([...entries.keys()].slice(0, 3))}`,
    );
  const root = pickle.slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`))
    throw new InputError(
      `${path}: is a TorchScript program; expected the state dict that torch.save(model.state_dict(), …) writes`,
    );
  checkByteOrder(file, entries.get(`${root}byteorder`));
  const starts = new Map<string, number>();
  const { start, bytes } = entries.get(pickle)!;
  if (bytes > MOST_PICKLED)
    throw new InputError(
      `${path}: expected a state dict, whose pickle has some hundred bytes a tensor, got one of ${bytes} bytes, more than the ${MOST_PICKLED} that are read`,
    );
  const value = unpickle(new ByteReader(file, start, start + bytes), {
    globals: torchGlobals(path),
    persistent(id) {
      const stored = storageOf(path, id);
      const entry = entries.get(`${root}data/${stored.key}`);
      const expected = stored.size * storage[stored.dtype].BYTES_PER_ELEMENT;
      if (!entry || entry.bytes < expected)
        throw new InputError(
          `${path}: expected ${expected} bytes in its entry ${JSON.stringify(`${root}data/${stored.key}`)}, ${entry ? `got ${entry.bytes}` : "which is missing"}`,
        );
      starts.set(stored.key, entry.start);
      return stored;
    },
  });
  return { value, starts };
}

/** Older torches wrote no such entry, and little-endian files all the same. */
function checkByteOrder(file: OpenFile, entry: { start: number; bytes: number } | undefined): void {
  if (!entry) return;
  const order = Buffer.alloc(Math.min(entry.bytes, 16));
  file.read(order, entry.start);
  if (order.toString("latin1") !== "little")
    throw new InputError(
      `${file.path}: has the byte order ${JSON.stringify(order.toString("latin1"))}; expected "little": load it in Python and save it anew`,
    );
}
