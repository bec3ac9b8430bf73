import { InputError } from "../errors";
import { OpenFile } from "../files/OpenFile";
import { FileTensor } from "./FileTensor";
import { parseSafetensorsHeader } from "./parseSafetensorsHeader";
import { readElements } from "./readElements";
import { readTensor } from "./readTensor";
import { countElements, maxHeaderBytes, type TensorData, type TensorInfo } from "./safetensors";

/**
 * A safetensors file, open for reading. Opening reads and checks the header alone; a tensor's bytes are read when it is asked
 * for, straight into the array that is returned, so no file is ever in memory twice.
 *
 * @example
 * ```ts
 * const file = SafetensorsFile.open("data/all-MiniLM-L6-v2/model.safetensors");
 * for (const [name, { dtype, shape }] of file.tensors) console.log(name, dtype, shape, file.readFloat32(name)[0]);
 * file.close();
 * ```
 */
export class SafetensorsFile {
  /** By name, in the order of their bytes. */
  readonly tensors: Map<string, TensorInfo>;
  /** The header's `__metadata__`; Python's Transformers writes `{ format: "pt" }`. */
  readonly metadata: Record<string, string>;
  /** As it was given to `open`. */
  readonly path: string;
  #file: OpenFile;

  private constructor(file: OpenFile) {
    const { tensors, metadata } = parseSafetensorsHeader(file.path, readHeader(file), file.bytes);
    this.tensors = tensors;
    this.metadata = metadata;
    this.path = file.path;
    this.#file = file;
  }

  /** @throws InputError when the file cannot be read, is malformed or is truncated */
  static open(path: string): SafetensorsFile {
    const file = new OpenFile(path);
    try {
      return new SafetensorsFile(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The tensor's elements in row-major order, as stored: see {@link TensorData}. */
  read(name: string): TensorData {
    const info = this.#info(name);
    return readElements({ ...info, file: this.#file }, countElements(info.shape));
  }

  /** The tensor's elements in row-major order as float32: see `readTensor`. */
  readFloat32(name: string): Float32Array {
    return readTensor(this.#file, this.#info(name));
  }

  /** The tensor, unread; it can be read until the caller disposes it, closed or not. */
  stored(name: string): FileTensor {
    return new FileTensor(this.#file, this.#info(name));
  }

  /** Closes the file; what was read stays valid. Closing twice does nothing. */
  close(): void {
    this.#file.close();
  }

  #info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (!info) throw new InputError(`${this.path}: holds no tensor "${name}"`);
    return info;
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
