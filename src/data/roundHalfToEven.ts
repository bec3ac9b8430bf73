/** Rounds as Python does: to the nearest whole number, of two equally near to the even one. */
export function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2) : Math.round(x);
}
