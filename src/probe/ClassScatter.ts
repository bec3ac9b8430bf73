import { rankOf } from "../fit/rankOf";
import { symmetricEigen } from "../fit/symmetricEigen";

/**
 * How far rows of one class lie apart, beside how far classes do: the hidden state variability of Xie et al. (EMNLP 2022), the trace of
 * Σw Σb† over the number of classes. Σw is the mean over classes of the covariance within each, Σb that of the classes' means, so every
 * class counts the same however many rows it has. The lower, the further apart the classes.
 *
 * Rows are gathered batch by batch in float64, less the first of them, so that a mean which all share costs no digits.
 */
export class ClassScatter {
  #origin: Float64Array | null = null;
  /** Of the rows of all classes, each row weighted by one over the rows of its class: [width, width], the lower half. */
  #products: Float64Array;
  /** The mean of each class: [classes, width]. */
  #means: Float64Array;
  #counts: Int32Array;

  /** `ids` are the classes of all rows that will come. */
  constructor(
    readonly width: number,
    readonly classes: number,
    ids: Int32Array,
  ) {
    this.#products = new Float64Array(width * width);
    this.#means = new Float64Array(classes * width);
    this.#counts = new Int32Array(classes);
    for (const id of ids) this.#counts[id]++;
  }

  /** Adds rows of features, [rows, width], and the class of each. */
  add(features: ArrayLike<number>, ids: Int32Array): void {
    const { width } = this;
    this.#origin ??= Float64Array.from({ length: width }, (_, i) => features[i]);
    const origin = this.#origin;
    const x = new Float64Array(width);
    for (const [r, id] of ids.entries()) {
      const weight = 1 / this.#counts[id];
      for (let i = 0; i < width; i++) {
        x[i] = features[r * width + i] - origin[i];
        this.#means[id * width + i] += weight * x[i];
      }
      for (let i = 0; i < width; i++) {
        const scaled = weight * x[i];
        if (scaled !== 0) for (let j = 0; j <= i; j++) this.#products[i * width + j] += scaled * x[j];
      }
    }
  }

  /** Null where the classes' means do not differ, as before the first block where the first token is the same in all rows. */
  get variability(): number | null {
    const { width } = this;
    const seen = Array.from(this.#counts.keys()).filter((id) => this.#counts[id] > 0);
    const count = seen.length;
    const means = seen.map((id) => this.#means.subarray(id * width, (id + 1) * width));
    const middle = Float64Array.from(
      { length: width },
      (_, i) => means.reduce((sum, m) => sum + m[i], 0) / count,
    );
    const apart = means.map((mean) => mean.map((value, i) => value - middle[i]));
    // With A the means' deviations over √classes, Σb = AᵀA, and its pseudo-inverse is Aᵀ (AAᵀ)†² A: of the size of the classes.
    const gram = new Float64Array(count * count);
    apart.forEach((a, k) => {
      for (let l = 0; l <= k; l++) gram[k * count + l] = dot(a, apart[l]) / count;
    });
    const identity = Float64Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
    const { values, rotated } = symmetricEigen(gram, identity, count);
    const isSeen = rankOf(values);
    const kept = Array.from(values.keys()).filter((i) => isSeen(values[i]));
    if (kept.length === 0) return null;
    let trace = 0;
    for (const i of kept) {
      // A direction of Σb in the space of features, times its eigenvalue's root.
      const direction = new Float64Array(width);
      apart.forEach((a, k) => {
        const share = rotated[i * count + k] / Math.sqrt(count);
        for (let j = 0; j < width; j++) direction[j] += share * a[j];
      });
      trace += this.#within(direction, means) / values[i] ** 2;
    }
    return trace / count;
  }

  /** vᵀ Σw v */
  #within(v: Float64Array, means: Float64Array[]): number {
    const { width } = this;
    let sum = 0;
    for (let i = 0; i < width; i++) {
      let row = 0;
      for (let j = 0; j < i; j++) row += this.#products[i * width + j] * v[j];
      sum += v[i] * (2 * row + this.#products[i * width + i] * v[i]);
    }
    for (const mean of means) sum -= dot(mean, v) ** 2;
    return Math.max(0, sum) / means.length;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
