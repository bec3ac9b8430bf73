import type { DType, TensorData } from "./safetensors";

/**
 * Converts elements as stored in `from` to the float32 array `to` of the same length. F16, BF16, F8, BOOL and integers up to
 * 2^24 arrive unchanged; F64 and larger integers are rounded to the nearest float32.
 * Returns the index of the first finite F64 that is beyond float32's range, or -1.
 */
export function toFloat32(dtype: DType, from: TensorData, to: Float32Array): number {
  switch (dtype) {
    case "F16":
      lookUp(float16Values(), from as Uint16Array, to);
      return -1;
    case "F8_E4M3":
      lookUp(e4m3Values(), from as Uint8Array, to);
      return -1;
    case "F8_E5M2":
      lookUp(e5m2Values(), from as Uint8Array, to);
      return -1;
    case "BF16": {
      // The upper half of a float32, so moving the bits is the whole conversion, NaN payloads included.
      const bits = new Uint32Array(to.buffer, to.byteOffset, to.length);
      for (let i = 0; i < to.length; i++) bits[i] = (from as Uint16Array)[i] << 16;
      return -1;
    }
    case "F64":
      to.set(from as Float64Array);
      return (from as Float64Array).findIndex((x, i) => Number.isFinite(x) && !Number.isFinite(to[i]));
    case "BOOL":
      for (let i = 0; i < to.length; i++) to[i] = (from as Uint8Array)[i] === 0 ? 0 : 1;
      return -1;
    case "I64":
    case "U64":
      for (let i = 0; i < to.length; i++) to[i] = Number((from as BigInt64Array)[i]);
      return -1;
    default:
      to.set(from as Exclude<TensorData, BigInt64Array | BigUint64Array>);
      return -1;
  }
}

function lookUp(values: Float32Array, from: Uint16Array | Uint8Array, to: Float32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = values[from[i]];
}

const float16Values = once(() => floatValues(5, 10, true));
const e5m2Values = once(() => floatValues(5, 2, true));
// E4M3 spends its top exponent on numbers and keeps only all-ones for NaN; it has no infinity (Micikevicius et al. 2022).
const e4m3Values = once(() => floatValues(4, 3, false));

/** Every value of a small binary float format, indexed by its bits: sign, exponent, mantissa. */
function floatValues(exponentBits: number, mantissaBits: number, ieee: boolean): Float32Array {
  const steps = 2 ** mantissaBits;
  const top = 2 ** exponentBits - 1;
  const bias = 2 ** (exponentBits - 1) - 1;
  const positive = 2 ** (exponentBits + mantissaBits);
  const values = new Float32Array(2 * positive);
  for (let bits = 0; bits < positive; bits++) {
    const exponent = Math.floor(bits / steps);
    const mantissa = bits % steps;
    let value = exponent === 0 ? mantissa * 2 ** (1 - bias) : (steps + mantissa) * 2 ** (exponent - bias);
    value /= steps;
    if (exponent === top && ieee) value = mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    if (bits === positive - 1) value = Number.NaN;
    values[bits] = value;
    values[bits + positive] = -value;
  }
  return values;
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
