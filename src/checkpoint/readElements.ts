import { InputError } from "../errors";
import type { OpenFile } from "./OpenFile";
import { type DType, storage, type TensorData } from "./safetensors";
import { toFloat32 } from "./toFloat32";

/** `count` elements that lie one after the other from `byteOffset` on, as stored: see {@link TensorData}. */
export function readElements(file: OpenFile, dtype: DType, count: number, byteOffset: number): TensorData {
  const data = new storage[dtype](count);
  file.read(bytesOf(data), byteOffset);
  return data;
}

/**
 * The same as float32. F64 and integers beyond 2^24 are rounded to the nearest; BOOL gives 0 and 1.
 *
 * @param name the tensor's, for the error
 * @throws InputError for a finite F64 beyond float32's range
 */
export function readFloat32Elements(
  file: OpenFile,
  name: string,
  dtype: DType,
  count: number,
  byteOffset: number,
): Float32Array {
  const values = new Float32Array(count);
  if (dtype === "F32") {
    file.read(bytesOf(values), byteOffset);
    return values;
  }
  // Converted a piece at a time: a second array as large as the tensor would double its cost.
  const stored = new storage[dtype](Math.min(count, 1 << 18));
  for (let start = 0; start < count; start += stored.length) {
    const to = values.subarray(start, start + stored.length);
    const from = stored.subarray(0, to.length);
    file.read(bytesOf(from), byteOffset + start * stored.BYTES_PER_ELEMENT);
    const beyond = toFloat32(dtype, from, to);
    if (beyond !== -1)
      throw new InputError(
        `${file.path}: tensor "${name}" holds ${from[beyond]} at element ${start + beyond}, beyond float32's range: rescale it`,
      );
  }
  return values;
}

function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
