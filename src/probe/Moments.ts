/**
 * Sums over rows of features X [rows, width] and targets Y [rows, targets], in float64: all that a linear fit asks of the rows it
 * learns from, so that these need not be kept.
 */
export class Moments {
  rows = 0;
  /** XᵀX, [width, width], the lower half alone. */
  readonly products: Float64Array;
  /** XᵀY, [width, targets]. */
  readonly withTargets: Float64Array;
  /** Sums of the columns of X, of those of Y, and of the squares of Y. */
  readonly sums: Float64Array;
  readonly targetSums: Float64Array;
  readonly targetSquares: Float64Array;

  constructor(
    readonly width: number,
    readonly targets: number,
  ) {
    this.products = new Float64Array(width * width);
    this.withTargets = new Float64Array(width * targets);
    this.sums = new Float64Array(width);
    this.targetSums = new Float64Array(targets);
    this.targetSquares = new Float64Array(targets);
  }

  /** Adds rows of features and their targets. */
  add(features: ArrayLike<number>, targets: ArrayLike<number>): void {
    const { width, targets: count } = this;
    const rows = features.length / width;
    this.rows += rows;
    this.#addProducts(Float64Array.from(features), rows);
    for (let r = 0; r < rows; r++) {
      for (let i = 0; i < width; i++) this.sums[i] += features[r * width + i];
      for (let t = 0; t < count; t++) {
        const y = targets[r * count + t];
        if (y === 0) continue;
        this.targetSums[t] += y;
        this.targetSquares[t] += y * y;
        for (let i = 0; i < width; i++) this.withTargets[i * count + t] += features[r * width + i] * y;
      }
    }
  }

  /** The same sums of X and Y less their means. */
  centred(): Moments {
    const { width, targets, rows, sums, targetSums } = this;
    const centred = new Moments(width, targets);
    centred.rows = rows;
    for (let i = 0; i < width; i++) {
      for (let j = 0; j <= i; j++)
        centred.products[i * width + j] = this.products[i * width + j] - (sums[i] * sums[j]) / rows;
      for (let t = 0; t < targets; t++)
        centred.withTargets[i * targets + t] =
          this.withTargets[i * targets + t] - (sums[i] * targetSums[t]) / rows;
    }
    for (let t = 0; t < targets; t++)
      centred.targetSquares[t] = this.targetSquares[t] - targetSums[t] ** 2 / rows;
    return centred;
  }

  /** Four rows at a time, so that each sum is read and written a quarter as often; what is left over counts as rows of zeros. */
  #addProducts(features: Float64Array, rows: number): void {
    const { width, products } = this;
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
