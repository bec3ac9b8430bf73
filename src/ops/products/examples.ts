import { activations, gated } from "../activations/activations";
import { drawn, TRANSPOSED } from "../drawn";
import type { Example } from "../Op";
import type { Product } from "./products";

/** All that a dense layer does before and after, several products at once, and factors that caches mix up. */
export function* examples(): Iterable<Example<{ list: Product[] }>> {
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 3, 5],
    [13, 31, 17],
    [14, 32, 384],
    [15, 33, 385],
    [29, 70, 800],
    [200, 5, 40],
    // Few rows by a large matrix.
    [1, 100, 40],
    [17, 75, 1500],
    [32, 193, 512],
  ])
    for (const [transposeA, transposeB] of TRANSPOSED)
      for (const [name, f] of Object.entries(activations))
        yield {
          title: `${m} x ${n} x ${k}, ${transposeA ? "Aᵀ" : "A"} ${transposeB ? "Bᵀ" : "B"}, ${name}`,
          inputs() {
            const a = drawn("a", ...(transposeA ? [k, m] : [m, k]));
            const b = drawn("b", ...(transposeB ? [n, k] : [k, n]));
            const [bias, x, add] = [drawn("bias", n), drawn("x", m, n), drawn("add", m, n)];
            const factors = { a, b, transposeA, transposeB };
            return {
              list: [
                { ...factors, activationB: f, add, rowSums: true },
                factors,
                { ...factors, activationA: f, bias },
                { ...factors, slope: { f, x }, add },
              ],
            };
          },
          tolerance: 2e-6 * k + 2e-5,
        };
  for (const [m, n, k] of [
    [1, 1, 1],
    [2, 3, 5],
    [15, 33, 385],
    [29, 70, 1100],
  ])
    for (const [name, f] of Object.entries(activations))
      for (const [transposeA, transposeB] of TRANSPOSED)
        yield {
          title: `${m} x ${n} x ${k}, ${transposeA ? "Aᵀ" : "A"} ${transposeB ? "Bᵀ" : "B"}, gated ${name}`,
          inputs() {
            const [a, wideA] = [1, 2].map((i) => drawn("a", ...(transposeA ? [k, i * m] : [m, i * k])));
            const [b, wideB] = [1, 2].map((i) => drawn("b", ...(transposeB ? [n, i * k] : [k, i * n])));
            const [bias, add, wideAdd] = [drawn("bias", n), drawn("add", m, n), drawn("add", m, 2 * n)];
            const activationA = gated(f, transposeA ? m : k);
            const activationB = gated(f, transposeB ? k : n);
            const slope = { f: gated(f, n), x: drawn("x", m, 2 * n) };
            const transposed = { transposeA, transposeB };
            return {
              list: [
                { ...transposed, a: wideA, b, activationA, bias, add },
                { ...transposed, a, b: wideB, activationB, rowSums: true },
                { ...transposed, a, b, slope },
                { ...transposed, a, b, slope, add: wideAdd },
              ],
            };
          },
          tolerance: 6e-6 * k + 6e-5,
        };
  // Rows that lie so far apart that caches mix them up, and more of them than are prepared at once.
  for (const [m, n, k] of [
    [29, 33, 512],
    [15, 5, 2048],
    [900, 2, 20000],
    [3, 900, 20000],
  ])
    yield {
      title: `${m} x ${n} x ${k}`,
      inputs() {
        const [a, b] = [drawn("a", m, k), drawn("b", k, n)];
        const [f, x, add] = [activations.gelu, drawn("x", m, n), drawn("add", m, n)];
        return {
          list: [
            { a, b },
            { a, b, activationA: f, slope: { f, x }, add },
          ],
        };
      },
      tolerance: 2e-6 * k + 2e-5,
    };
  for (const k of [5, 1500])
    yield {
      title: `some added to others, k = ${k}`,
      inputs() {
        const [a, b, c] = ["a", "b", "c"].map((name) => drawn(name, 40, k));
        const [d, add] = [drawn("d", 33, k), drawn("add", 40, 33)];
        return {
          list: [
            { a, b: d, transposeB: true, add },
            { a: c, b: a, transposeA: true, rowSums: true },
            { a: b, b: d, transposeB: true, activationA: activations.gelu, into: 0 },
            { a: c, b: d, transposeB: true, into: 0, rowSums: true },
          ],
        };
      },
      tolerance: 2e-6 * k + 2e-4,
    };
  yield {
    title: "matrices without elements",
    inputs: () => ({ list: [{ a: drawn("a", 3, 0), b: drawn("b", 0, 2) }] }),
    tolerance: 0,
  };
}
