import * as tf from "@tensorflow/tfjs-core";
import { readFloats } from "../engine/readFloats";
import { readRows } from "../engine/readRows";
import { readsAtOnce, upload } from "../engine/upload";
import { FrostError } from "../errors";
import type { OpenFile } from "../files/OpenFile";
import type { Stored } from "../nn/Stored";
import { type Elements, PIECE, readFloat32Elements } from "./readElements";
import { readTensor } from "./readTensor";
import { countElements, type TensorInfo } from "./safetensors";

/**
 * A tensor in a file, as float32, to be read when it is asked for. The file stays open until every tensor of it is disposed, so that it
 * may be replaced or removed meanwhile; where it was written to instead, reading throws a FrostError.
 */
export class FileTensor implements Stored {
  /** Tables of fewer numbers (of less than 16 MB) are read whole: a row comes faster from memory. */
  static large = 1 << 22;
  readonly shape: number[];
  #elements: Elements;

  constructor(
    private readonly file: OpenFile,
    private readonly info: TensorInfo,
  ) {
    this.shape = info.shape;
    this.#elements = { ...info, file };
    file.hold(this);
  }

  read(): tf.Tensor {
    const { dtype, byteOffset, stride } = this.info;
    return this.#unchanged(() => {
      const plain = dtype === "F32" && !stride;
      const direct = plain ? readFloats(this.file.descriptor, byteOffset, this.shape) : null;
      return direct ?? upload(readTensor(this.file, this.info), this.shape);
    });
  }

  get byRows(): boolean {
    // On WebGPU it takes a wait to know which.
    const known = !this.info.stride && readsAtOnce();
    return known && countElements(this.shape) >= FileTensor.large;
  }

  rows(ids: tf.Tensor1D): tf.Tensor {
    const { dtype, byteOffset } = this.info;
    return this.#unchanged(() => {
      const direct = dtype === "F32" ? readRows(this.file.descriptor, byteOffset, this.shape, ids) : null;
      return direct ?? upload(this.#rows(ids.dataSync()), [ids.size, this.shape[1]]);
    });
  }

  data(): Float32Array {
    return this.#unchanged(() => readTensor(this.file, this.info));
  }

  *pieces(): Generator<Float32Array> {
    if (this.info.stride) {
      yield this.data();
      return;
    }
    const count = countElements(this.shape);
    const piece = new Float32Array(Math.min(count, PIECE));
    for (let first = 0; first < count; first += piece.length)
      yield this.#unchanged(() => {
        const part = piece.subarray(0, count - first);
        readFloat32Elements(this.#elements, first, part);
        return part;
      });
  }

  clone(): FileTensor {
    return new FileTensor(this.file, this.info);
  }

  dispose(): void {
    this.file.release(this);
  }

  /** Each row is read once. */
  #rows(ids: ArrayLike<number>): Float32Array {
    const [entries, width] = this.shape;
    const values = new Float32Array(ids.length * width);
    const read = new Map<number, number>();
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i];
      if (id < 0 || id >= entries)
        throw new FrostError(
          `${this.info.name}: expected ids from 0 to ${entries - 1}, got ${id} in row ${i}`,
        );
      const at = i * width;
      const before = read.get(id);
      if (before !== undefined) values.copyWithin(at, before, before + width);
      else {
        readFloat32Elements(this.#elements, id * width, values.subarray(at, at + width));
        read.set(id, at);
      }
    }
    return values;
  }

  /** Checks the file before it reads, since one that became shorter cannot be read, and after, since it may be written to meanwhile. */
  #unchanged<Result extends tf.Tensor | Float32Array>(read: () => Result): Result {
    const what = `parameter ${this.info.name}`;
    this.file.checkUnchanged(what);
    const result = read();
    try {
      this.file.checkUnchanged(what);
    } catch (error) {
      if (result instanceof tf.Tensor) result.dispose();
      throw error;
    }
    return result;
  }
}
