/** Draws are below 2²⁴; those below `threshold` drop. */
export function inFloat32(rate: number): { threshold: number; scale: number } {
  const single = Math.fround(rate);
  return { threshold: single * 2 ** 24, scale: 1 / Math.fround(1 - single) };
}
