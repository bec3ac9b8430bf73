import { InputError } from "../../errors";
import { OpenFile } from "../../files/OpenFile";
import { FileTensor } from "../FileTensor";
import { readTensor } from "../readTensor";
import { storage, type TensorInfo } from "../safetensors";
import { openLegacy } from "./openLegacy";
import { openZip } from "./openZip";
import { type Pickled, StoredTensor } from "./torchGlobals";

/**
 * A file of `torch.save` that holds a state dict, such as `pytorch_model.bin`, open for reading: the zip archives that torch
 * writes since 1.6 and the bare pickles of before. Opening reads the pickle alone, which is never executed (see `unpickle`); a
 * tensor's bytes are read when it is asked for.
 */
export class TorchFile {
  /** By name, in the state dict's order. For a view with strides, `byteLength` counts from its first to its last element. */
  readonly tensors: Map<string, TensorInfo>;
  /** As it was given to `open`. */
  readonly path: string;
  #file: OpenFile;

  private constructor(file: OpenFile) {
    this.path = file.path;
    this.#file = file;
    this.tensors = stateDict(file);
  }

  /** @throws InputError when the file cannot be read, is malformed or truncated, or names anything but tensors and containers */
  static open(path: string): TorchFile {
    const file = new OpenFile(path);
    try {
      return new TorchFile(file);
    } catch (error) {
      file.close();
      throw error;
    }
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

function stateDict(file: OpenFile): Map<string, TensorInfo> {
  const { value, starts } = openPickled(file);
  if (!(value instanceof Map) || value.size === 0)
    throw new InputError(`${file.path}: expected a state dict, tensors by name; got ${describe(value)}`);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of value) {
    if (typeof name !== "string" || !(tensor instanceof StoredTensor))
      throw new InputError(
        `${file.path}: expected a state dict, tensors by name; got ${describe(tensor)} under ${describe(name)}`,
      );
    tensors.set(name, infoOf(file.path, name, tensor, starts));
  }
  return tensors;
}

function openPickled(file: OpenFile): Pickled {
  const wrong = (what: string) => new InputError(`${file.path}: not a file of torch.save: ${what}`);
  if (!file.isFile) throw wrong("it is a folder or a device");
  const start = Buffer.alloc(Math.min(8, file.bytes));
  file.read(start, 0);
  if (start.toString("latin1") === "version ")
    throw wrong("it is a Git LFS pointer to one, left by a clone without Git LFS: run `git lfs pull`");
  if (start.toString("latin1", 0, 4) === "PK\x03\x04") return openZip(file);
  if (start[0] === 0x80) return openLegacy(file);
  throw wrong(
    file.bytes === 0 ? "it is empty" : "it begins neither as a zip archive nor as a pickle of protocol 2",
  );
}

function infoOf(file: string, name: string, tensor: StoredTensor, starts: Map<string, number>): TensorInfo {
  const { storage: stored, offset, shape, stride } = tensor;
  const { BYTES_PER_ELEMENT: bytes } = storage[stored.dtype];
  const span = shape.includes(0) ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * stride[i], 0);
  if (offset + span > stored.size)
    throw new InputError(
      `${file}: tensor ${JSON.stringify(name)} of shape [${shape}] reaches element ${offset + span} of a storage that has ${stored.size}`,
    );
  return {
    name,
    dtype: stored.dtype,
    shape,
    file,
    byteOffset: starts.get(stored.key)! + offset * bytes,
    byteLength: span * bytes,
    ...(!isContiguous(shape, stride) && { stride }),
  };
}

function isContiguous(shape: number[], stride: number[]): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && stride[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

function describe(value: unknown): string {
  if (value instanceof StoredTensor) return "a tensor";
  if (value instanceof Map) return value.size === 0 ? "an empty dict" : "a dict";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
