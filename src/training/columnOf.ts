/** What is said of one class, and whether each row is of it. */
export function columnOf(
  probabilities: Float32Array,
  truth: Int32Array | Float32Array,
  classes: number,
  c: number,
): [Float32Array, Float32Array] {
  const rows = probabilities.length / classes;
  const column = (from: Float32Array) => Float32Array.from({ length: rows }, (_, r) => from[r * classes + c]);
  return [
    column(probabilities),
    truth instanceof Int32Array
      ? Float32Array.from(truth, (id) => (id === c ? 1 : 0))
      : Float32Array.from(column(truth), (value) => (value >= 0.5 ? 1 : 0)),
  ];
}
