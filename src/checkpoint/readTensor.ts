import type { OpenFile } from "../files/OpenFile";
import { readFloat32Elements } from "./readElements";
import { countElements, storage, type TensorInfo } from "./safetensors";

/**
 * A tensor's elements in row-major order as float32. F64 and integers beyond 2^24 are rounded to the nearest; BOOL gives 0 and 1.
 *
 * @throws InputError for a finite F64 beyond float32's range
 */
export function readTensor(file: OpenFile, info: TensorInfo): Float32Array {
  const { dtype, shape, byteLength, stride } = info;
  const span = stride ? byteLength / storage[dtype].BYTES_PER_ELEMENT : countElements(shape);
  const values = new Float32Array(span);
  readFloat32Elements({ ...info, file }, 0, values);
  return stride ? gather(values, shape, stride) : values;
}

/** The elements of a strided view in row-major order. */
function gather(from: Float32Array, shape: number[], stride: number[]): Float32Array {
  const to = new Float32Array(countElements(shape));
  const index = shape.map(() => 0);
  for (let i = 0, at = 0; i < to.length; i++) {
    to[i] = from[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += stride[axis];
      if (++index[axis] < shape[axis]) break;
      at -= stride[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return to;
}
