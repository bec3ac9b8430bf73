import { InputError } from "../errors";
import type { OpenFile } from "../files/OpenFile";
import { parseSafetensorsHeader } from "./parseSafetensorsHeader";
import { maxHeaderBytes } from "./safetensors";
import { WeightFile } from "./WeightFile";

/**
 * A safetensors file, open for reading. Opening reads and checks the header alone; a tensor's bytes are read straight into the array
 * that is returned, so no file is ever in memory twice.
 *
 * @example
 * ```ts
 * const file = SafetensorsFile.open("data/all-MiniLM-L6-v2/model.safetensors");
 * for (const [name, { dtype, shape }] of file.tensors) console.log(name, dtype, shape, file.readFloat32(name)[0]);
 * file.close();
 * ```
 */
export class SafetensorsFile extends WeightFile {
  /** The header's `__metadata__`; Python's Transformers writes `{ format: "pt" }`. */
  readonly metadata: Record<string, string>;

  private constructor(file: OpenFile) {
    const { tensors, metadata } = parseSafetensorsHeader(file.path, readHeader(file), file.bytes);
    super(file, tensors);
    this.metadata = metadata;
  }

  /** @throws InputError when the file cannot be read, is malformed or is truncated */
  static open(path: string): SafetensorsFile {
    return WeightFile.openAs(path, (file) => new SafetensorsFile(file));
  }
}

function readHeader(file: OpenFile): Uint8Array {
  const { path, bytes, isFile } = file;
  const wrong = (what: string) => new InputError(`${path}: not a safetensors file: ${what}`);
  if (!isFile) throw wrong("it is a folder or a device");
  if (bytes < 8) throw wrong(`expected at least 8 bytes, got ${bytes}`);
  const prefix = Buffer.alloc(8);
  file.read(prefix, 0);
  if (prefix.toString("latin1") === "version ")
    throw wrong("it is a Git LFS pointer to one, left by a clone without Git LFS: run `git lfs pull`");
  const length = prefix.readBigUInt64LE();
  if (length > maxHeaderBytes)
    throw wrong(
      `its first 8 bytes announce a header of ${length} bytes, more than the ${maxHeaderBytes} allowed`,
    );
  if (8n + length > bytes)
    throw new InputError(
      `${path}: its header should end at byte ${8n + length} of the file, which has only ${bytes}: it is truncated, copy or download it again`,
    );
  const header = new Uint8Array(Number(length));
  file.read(header, 8);
  return header;
}
