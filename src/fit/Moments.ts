/** Sums over rows of features X [rows, width] and targets Y [rows, targets]. */
export interface Sums {
  rows: number;
  width: number;
  targets: number;
  /** XᵀX, [width, width], the lower half alone. */
  products: Float64Array;
  /** XᵀY, [width, targets]. */
  withTargets: Float64Array;
  /** Of the squares of Y, by target. */
  targetSquares: Float64Array;
}

/**
 * All that a linear fit asks of the rows it learns from, gathered batch by batch in float64, so that these need not be kept. Sums are
 * of features less those of the first row: what hardly differs between rows, as the embeddings of a first token, would drown in
 * rounding when its mean is taken off in the end.
 */
export class Moments {
  rows = 0;
  readonly targetSums: Float64Array;
  #origin: Float64Array | null = null;
  #products: Float64Array;
  #withTargets: Float64Array;
  #sums: Float64Array;
  #targetSquares: Float64Array;

  constructor(
    readonly width: number,
    readonly targets: number,
  ) {
    this.#products = new Float64Array(width * width);
    this.#withTargets = new Float64Array(width * targets);
    this.#sums = new Float64Array(width);
    this.targetSums = new Float64Array(targets);
    this.#targetSquares = new Float64Array(targets);
  }

  /** Adds rows of features and their targets. */
  add(features: ArrayLike<number>, targets: ArrayLike<number>): void {
    const { width, targets: count } = this;
    const rows = features.length / width;
    const x = Float64Array.from(features);
    this.#origin ??= x.slice(0, width);
    const origin = this.#origin;
    for (let i = 0; i < x.length; i++) x[i] -= origin[i % width];
    this.rows += rows;
    this.#addProducts(x, rows);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < width; i++) this.#sums[i] += x[r * width + i];
      for (let t = 0; t < count; t++) {
        const y = targets[r * count + t];
        if (y === 0) continue;
        this.targetSums[t] += y;
        this.#targetSquares[t] += y * y;
        for (let i = 0; i < width; i++) this.#withTargets[i * count + t] += x[r * width + i] * y;
      }
    }
  }

  /** Of each feature. */
  get means(): Float64Array {
    return this.#sums.map((sum, i) => this.#origin![i] + sum / this.rows);
  }

  /** The sums of the features and targets as they are. */
  raw(): Sums {
    const { width, targets, rows, targetSums } = this;
    const [sums, origin] = [this.#sums, this.#origin!];
    const products = this.#products.slice();
    const withTargets = this.#withTargets.slice();
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++)
        products[i * width + j] += origin[i] * (sums[j] + rows * origin[j]) + sums[i] * origin[j];
      for (let t = 0; t < targets; t++) withTargets[i * targets + t] += origin[i] * targetSums[t];
    }
    return { rows, width, targets, products, withTargets, targetSquares: this.#targetSquares.slice() };
  }

  /** The same of features and targets less their means. */
  centred(): Sums {
    const { width, targets, rows, targetSums } = this;
    const sums = this.#sums;
    const products = this.#products.slice();
    const withTargets = this.#withTargets.slice();
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++) products[i * width + j] -= (sums[i] * sums[j]) / rows;
      for (let t = 0; t < targets; t++) withTargets[i * targets + t] -= (sums[i] * targetSums[t]) / rows;
    }
    const targetSquares = this.#targetSquares.map((square, t) => square - targetSums[t] ** 2 / rows);
    return { rows, width, targets, products, withTargets, targetSquares };
  }

  /** Four rows at a time, so that each sum is read and written a quarter as often; what is left over counts as rows of zeros. */
  #addProducts(features: Float64Array, rows: number): void {
    const { width } = this;
    const products = this.#products;
    const block = new Float64Array(4 * width);
    for (let r = 0; r < rows; r += 4) {
      block.fill(0);
      block.set(features.subarray(r * width, Math.min(rows, r + 4) * width));
      const x0 = block.subarray(0, width);
      const x1 = block.subarray(width, 2 * width);
      const x2 = block.subarray(2 * width, 3 * width);
      const x3 = block.subarray(3 * width);
      for (let i = 0; i < width; i++) {
        const [a0, a1, a2, a3] = [x0[i], x1[i], x2[i], x3[i]];
        const row = i * width;
        for (let j = 0; j <= i; j++) products[row + j] += a0 * x0[j] + a1 * x1[j] + a2 * x2[j] + a3 * x3[j];
      }
    }
  }
}
