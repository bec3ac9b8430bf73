/**
 * The element types of the safetensors format that are read here. F8_E4M3 and F8_E5M2 are PyTorch's float8_e4m3fn and
 * float8_e5m2; the format's complex, 4-bit, 6-bit and scale-only types are refused by name.
 */
export type DType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "F8_E4M3"
  | "F8_E5M2"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** The element types that weights are written in. */
export type FloatDType = "F32" | "F16" | "BF16";

/** Where a tensor lies: `byteLength` bytes from `byteOffset` on, both counted in bytes from the start of `file`. */
export interface TensorInfo {
  name: string;
  dtype: DType;
  shape: number[];
  file: string;
  byteOffset: number;
  byteLength: number;
  /** Of a view whose elements do not lie one after the other: how many lie between neighbours on each axis. */
  stride?: number[];
}

/** A tensor's elements as stored: F16 and BF16 as their 16 bits, F8 as their 8 bits, BOOL as bytes. */
export type TensorData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | Uint8Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array;

/** The array that holds each element type as stored. Files are little-endian, as is every machine Node's TensorFlow runs on. */
export const storage = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  F8_E4M3: Uint8Array,
  F8_E5M2: Uint8Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** How many elements a tensor of this shape has; 1 for a scalar's `[]`. */
export function countElements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Whether a file's value is a list of sizes or offsets. */
export const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((x) => Number.isSafeInteger(x) && x >= 0);

/** The most bytes a header may have: the reference implementation's limit, which keeps a damaged length from eating the memory. */
export const maxHeaderBytes = 100_000_000;
