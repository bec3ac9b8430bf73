/**
 * Rounds float32 to float16 bits, to the nearest and ties to even, subnormals included, as PyTorch and IEEE 754 do.
 * Returns the index of the first finite value that would round to infinity (from 65520 on), or -1; what follows it in `to`
 * is then not filled in.
 */
export function toFloat16(from: Float32Array, to: Uint16Array): number {
  const bits = new Uint32Array(from.buffer, from.byteOffset, from.length);
  for (let i = 0; i < from.length; i++) {
    const sign = (bits[i] >>> 16) & 0x8000;
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude > 0x7f800000) to[i] = sign | 0x7e00;
    else if (magnitude === 0x7f800000) to[i] = sign | 0x7c00;
    else if (magnitude >= 0x477ff000) return i;
    else if (magnitude >= 0x38800000) {
      // Normal in both: exponent bias from 127 to 15, then round off the lower 13 bits; a carry may run into the exponent.
      const odd = (magnitude >>> 13) & 1;
      to[i] = sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13);
    } else {
      // Below 2^-14 a float16 counts steps of 2^-24; the product is exact in float64.
      const steps = Math.abs(from[i]) * 2 ** 24;
      const whole = Math.floor(steps);
      const rest = steps - whole;
      to[i] = sign | (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? whole + 1 : whole);
    }
  }
  return -1;
}

/**
 * Rounds float32 to bfloat16 bits, to the nearest and ties to even. Returns the index of the first finite value that would
 * round to infinity, or -1; what follows it in `to` is then not filled in.
 */
export function toBfloat16(from: Float32Array, to: Uint16Array): number {
  const bits = new Uint32Array(from.buffer, from.byteOffset, from.length);
  for (let i = 0; i < from.length; i++) {
    const magnitude = bits[i] & 0x7fffffff;
    // Cutting a NaN's lower bits off could leave an infinity: set the quiet bit.
    if (magnitude > 0x7f800000) to[i] = (bits[i] >>> 16) | 0x40;
    else if (magnitude >= 0x7f7f8000 && magnitude < 0x7f800000) return i;
    else to[i] = (bits[i] + 0x7fff + ((bits[i] >>> 16) & 1)) >>> 16;
  }
  return -1;
}
