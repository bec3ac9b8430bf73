import { InputError } from "../../errors";
import type { OpenFile } from "../../files/OpenFile";
import { storage, type TensorInfo } from "../safetensors";
import { WeightFile } from "../WeightFile";
import { openLegacy } from "./openLegacy";
import { openZip } from "./openZip";
import { type Pickled, StoredTensor } from "./torchGlobals";

/**
 * A file of `torch.save` that holds a state dict, such as `pytorch_model.bin`, open for reading: the zip archives that torch
 * writes since 1.6 and the bare pickles of before. Opening reads the pickle alone, which is never executed (see `unpickle`); a
 * tensor's bytes are read when it is asked for.
 */
export class TorchFile extends WeightFile {
  private constructor(file: OpenFile) {
    super(file, stateDict(file));
  }

  /** @throws InputError when the file cannot be read, is malformed or truncated, or names anything but tensors and containers */
  static open(path: string): TorchFile {
    return WeightFile.openAs(path, (file) => new TorchFile(file));
  }
}

/** By name, in the state dict's order. For a view with strides, `byteLength` counts from its first to its last element. */
function stateDict(file: OpenFile): Map<string, TensorInfo> {
  const { value, starts } = openPickled(file);
  if (!(value instanceof Map) || value.size === 0)
    throw new InputError(`${file.path}: expected a state dict, tensors by name; got ${describe(value)}`);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of value) {
    if (typeof name !== "string" || !(tensor instanceof StoredTensor))
      throw new InputError(
        `${file.path}: expected a state dict, tensors by name; got ${describe(tensor)} under ${describe(name)}` +
          whereTensorsAre(value),
      );
    tensors.set(name, infoOf(file.path, name, tensor, starts));
  }
  return tensors;
}

/** Where a training's checkpoint holds its tensors among other things, in words that go on an error; empty where nothing does. */
function whereTensorsAre(whole: Map<unknown, unknown>): string {
  const isStateDict = (value: unknown) =>
    value instanceof Map &&
    value.size > 0 &&
    [...value.values()].every((each) => each instanceof StoredTensor);
  const [name] = [...whole].find(([, value]) => isStateDict(value)) ?? [];
  if (typeof name !== "string") return "";
  return `; they lie under ${describe(name)}: save these alone by torch.save(torch.load(path)[${describe(name)}], path)`;
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
