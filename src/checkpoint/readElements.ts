import { InputError } from "../errors";
import type { OpenFile } from "../files/OpenFile";
import { type DType, storage, type TensorData } from "./safetensors";
import { toFloat32 } from "./toFloat32";

/** Where elements of one type lie one after the other. */
export interface Elements {
  file: OpenFile;
  /** The tensor's, for errors. */
  name: string;
  dtype: DType;
  byteOffset: number;
}

/**
 * Fills `to` with those from element `first` on, as float32. F64 and integers beyond 2^24 are rounded to the nearest; BOOL gives 0
 * and 1.
 *
 * @throws InputError for a finite F64 beyond float32's range
 */
export function readFloat32Elements(
  { file, name, dtype, byteOffset }: Elements,
  first: number,
  to: Float32Array,
): void {
  const start = byteOffset + first * storage[dtype].BYTES_PER_ELEMENT;
  if (dtype === "F32") {
    file.read(bytesOf(to), start);
    return;
  }
  // Converted a piece at a time: a second array as large as the tensor would double its cost.
  const stored = new storage[dtype](Math.min(to.length, PIECE));
  for (let done = 0; done < to.length; done += stored.length) {
    const piece = to.subarray(done, done + stored.length);
    const from = stored.subarray(0, piece.length);
    file.read(bytesOf(from), start + done * stored.BYTES_PER_ELEMENT);
    const beyond = toFloat32(dtype, from, piece);
    if (beyond !== -1)
      throw new InputError(
        `${file.path}: tensor "${name}" holds ${from[beyond]} at element ${first + done + beyond}, beyond float32's range: rescale it`,
      );
  }
}

/** Elements that are read and converted at a time. */
export const PIECE = 1 << 18;

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
