import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FrostError, InputError } from "../errors";
import { parseSafetensorsHeader } from "./parseSafetensorsHeader";
import {
  countElements,
  type DType,
  maxHeaderBytes,
  storage,
  type TensorData,
  type TensorInfo,
} from "./safetensors";
import { toFloat32 } from "./toFloat32";

/**
 * A safetensors file, open for reading. Opening reads and checks the header alone; a tensor's bytes are read when it is asked
 * for, straight into the array that is returned, so no file is ever in memory twice.
 *
 *     const file = SafetensorsFile.open("model.safetensors");
 *     file.tensors.get("classifier.weight"); // { dtype: "F16", shape: [3, 32], … }
 *     file.readFloat32("classifier.weight"); // Float32Array(96)
 *     file.close();
 */
export class SafetensorsFile {
  /** By name, in the order of their bytes. */
  readonly tensors: Map<string, TensorInfo>;
  /** The header's `__metadata__`; Python's Transformers writes `{ format: "pt" }`. */
  readonly metadata: Record<string, string>;
  /** As it was given to `open`. */
  readonly path: string;
  #descriptor: number | undefined;

  private constructor(path: string, descriptor: number) {
    const bytes = fstatSync(descriptor).size;
    const header = readHeader(path, descriptor, bytes);
    const { tensors, metadata } = parseSafetensorsHeader(path, header, bytes);
    this.tensors = tensors;
    this.metadata = metadata;
    this.path = path;
    this.#descriptor = descriptor;
  }

  /** @throws InputError when the file cannot be read, is malformed or is truncated */
  static open(path: string): SafetensorsFile {
    let descriptor: number;
    try {
      descriptor = openSync(path, "r");
    } catch (error) {
      throw new InputError(`${path}: cannot be opened (${(error as NodeJS.ErrnoException).code})`);
    }
    try {
      return new SafetensorsFile(path, descriptor);
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  }

  /** The tensor's elements in row-major order, as stored: see {@link TensorData}. */
  read(name: string): TensorData {
    const { dtype, shape, byteOffset } = this.#info(name);
    const data = new storage[dtype](countElements(shape));
    this.#fill(data, byteOffset);
    return data;
  }

  /**
   * The tensor's elements in row-major order as float32. F64 and integers beyond 2^24 are rounded to the nearest; BOOL gives 0 and 1.
   * @throws InputError for a finite F64 beyond float32's range
   */
  readFloat32(name: string): Float32Array {
    const { dtype, shape, byteOffset } = this.#info(name);
    const values = new Float32Array(countElements(shape));
    if (dtype === "F32") this.#fill(values, byteOffset);
    else this.#convert(name, dtype, byteOffset, values);
    return values;
  }

  /** Closes the file; what was read stays valid. Closing twice does nothing. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #info(name: string): TensorInfo {
    const info = this.tensors.get(name);
    if (!info) throw new InputError(`${this.path}: holds no tensor "${name}"`);
    return info;
  }

  /** Converts a piece at a time: a second array as large as the tensor would double its cost. */
  #convert(name: string, dtype: DType, byteOffset: number, values: Float32Array): void {
    const stored = new storage[dtype](Math.min(values.length, 1 << 18));
    for (let start = 0; start < values.length; start += stored.length) {
      const to = values.subarray(start, start + stored.length);
      const from = stored.subarray(0, to.length);
      this.#fill(from, byteOffset + start * stored.BYTES_PER_ELEMENT);
      const beyond = toFloat32(dtype, from, to);
      if (beyond !== -1)
        throw new InputError(
          `${this.path}: tensor "${name}" holds ${from[beyond]} at element ${start + beyond}, beyond float32's range: rescale it`,
        );
    }
  }

  #fill(data: TensorData, byteOffset: number): void {
    if (this.#descriptor === undefined)
      throw new FrostError(`${this.path}: was closed before a tensor was read`);
    readFully(this.path, this.#descriptor, bytesOf(data), byteOffset);
  }
}

function readHeader(path: string, descriptor: number, fileBytes: number): Uint8Array {
  const wrong = (what: string) => new InputError(`${path}: not a safetensors file: ${what}`);
  if (!fstatSync(descriptor).isFile()) throw wrong("it is a folder or a device");
  if (fileBytes < 8) throw wrong(`expected at least 8 bytes, got ${fileBytes}`);
  const prefix = Buffer.alloc(8);
  readFully(path, descriptor, prefix, 0);
  if (prefix.toString("latin1") === "version ")
    throw wrong("it is a Git LFS pointer to one, left by a clone without Git LFS: run `git lfs pull`");
  const length = prefix.readBigUInt64LE();
  if (length > maxHeaderBytes)
    throw wrong(
      `its first 8 bytes announce a header of ${length} bytes, more than the ${maxHeaderBytes} allowed`,
    );
  if (8n + length > fileBytes)
    throw new InputError(
      `${path}: its header should end at byte ${8n + length} of the file, which has only ${fileBytes}: it is truncated, copy or download it again`,
    );
  const header = new Uint8Array(Number(length));
  readFully(path, descriptor, header, 8);
  return header;
}

function readFully(path: string, descriptor: number, to: Uint8Array, position: number): void {
  // One read call moves 2 GiB at most.
  for (let done = 0; done < to.length; ) {
    const read = readSync(descriptor, to, done, Math.min(to.length - done, 1 << 30), position + done);
    if (read === 0) throw new FrostError(`${path}: became shorter while it was open`);
    done += read;
  }
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
