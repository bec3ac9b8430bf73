import { InputError } from "../errors";
import { OpenFile } from "../files/OpenFile";
import { FileTensor } from "./FileTensor";
import { readTensor } from "./readTensor";
import type { TensorInfo } from "./safetensors";

/** A file of named tensors, open for reading: the bytes of one are read when it is asked for. */
export class WeightFile {
  /** As it was given to `open`. */
  readonly path: string;
  #file: OpenFile;

  protected constructor(
    file: OpenFile,
    /** By name. */
    readonly tensors: Map<string, TensorInfo>,
  ) {
    this.path = file.path;
    this.#file = file;
  }

  /** What `make` makes of the file, which is closed again where that throws. */
  protected static openAs<Made>(path: string, make: (file: OpenFile) => Made): Made {
    const file = new OpenFile(path);
    try {
      return make(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** The tensor's elements in row-major order as float32: see `readTensor`. */
  readFloat32(name: string): Float32Array {
    return readTensor(this.#file, this.#info(name));
  }

  /** The tensor, unread; it can be read until the caller disposes it, also when the file is closed. */
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
