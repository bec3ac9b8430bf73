import * as tf from "@tensorflow/tfjs-core";
import { replaceKernel } from "./replaceKernel";
import type { WebgpuBackend, WebgpuProgram } from "./WebgpuBackend";

/** The kernels through which tfjs multiplies matrices. */
const PRODUCTS = [tf.BatchMatMul, tf._FusedMatMul];

/**
 * Has WebGPU add numbers in one order, so that the same seed gives the same numbers. tfjs's own kernels have all threads add to the same
 * place at once, whichever comes first: those that sum the rows of a segment, and those of a product so long and narrow that its sums are
 * split among threads.
 */
export function sumInOrder(): void {
  replaceKernel<Call>(tf.UnsortedSegmentSum, () => segmentSum);
  for (const name of PRODUCTS)
    replaceKernel<Call>(name, (multiply) => (call) => {
      const { backend, attrs, inputs } = call;
      if (!mayBeSplit(inputs.a.shape, inputs.b.shape, attrs, backend)) return multiply(call);
      const before = tf.env().getNumber(PROGRAM);
      tf.env().set(PROGRAM, SMALL_OUTPUT);
      try {
        return multiply(call);
      } finally {
        tf.env().set(PROGRAM, before);
      }
    });
}

/** tfjs's flag that says how products are computed; below zero it chooses by their sizes. */
const PROGRAM = "WEBGPU_MATMUL_PROGRAM_TYPE";
/** Its choice for a product with few numbers: `MatMulSmallOutputSizeProgram`. */
const SMALL_OUTPUT = 2;

/** Whether tfjs might split each sum of a product, which it does from 2000 terms on where it sees too little work for a device. */
function mayBeSplit(a: number[], b: number[], attrs: Attrs, backend: WebgpuBackend): boolean {
  const [rows, terms] = attrs.transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const columns = attrs.transposeB ? b.at(-2)! : b.at(-1)!;
  const matrices = Math.max(...[a, b].map((shape) => tf.util.sizeFromShape(shape.slice(0, -2))));
  const tiles = Math.ceil(rows / 32) * Math.ceil(columns / 32);
  // Up to 128 numbers, a group of threads computes each, in one order.
  return (
    matrices === 1 &&
    terms >= 2000 &&
    rows * columns > 128 &&
    tiles <= 2 * backend.thresholdToIncreaseWorkgroups
  );
}

/** `UnsortedSegmentSum`: the thread of a segment's first row adds up all of its rows; the threads of the others have nothing to do. */
function segmentSum({ inputs: { x, segmentIds }, attrs, backend }: Call): tf.TensorInfo {
  const [rows, ...rest] = x.shape;
  const width = tf.util.sizeFromShape(rest);
  const segments = attrs.numSegments!;
  const { kernelFunc: fill } = tf.getKernel(tf.Fill, "webgpu");
  const zeros = (fill as unknown as (call: object) => tf.TensorInfo)({
    backend,
    attrs: { shape: [segments, width], value: 0, dtype: x.dtype },
  });
  const program: WebgpuProgram = {
    variableNames: ["x", "ids"],
    uniforms: "rows: i32, width: i32, segments: i32,",
    outputShape: [segments, width],
    workgroupSize: [64, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil((rows * width) / 64), 1, 1],
    shaderKey: "segmentSumInOrder",
    getUserCode: () => SEGMENT_SUM,
  };
  const sizes = [rows, width, segments].map((size) => ({ type: "int32", data: [size] }));
  const rowsOfX = { ...x, dataId: x.dataId, dtype: x.dtype, shape: [rows, width] };
  const sums = backend.runWebGPUProgram(program, [rowsOfX, segmentIds], x.dtype, sizes, zeros);
  return { dataId: sums.dataId, dtype: x.dtype, shape: [segments, ...rest] };
}

const SEGMENT_SUM = `
  fn main(index : i32) {
    if (index >= uniforms.rows * uniforms.width) { return; }
    let row = index / uniforms.width;
    let column = index % uniforms.width;
    let id = i32(getIds(row));
    if (id < 0 || id >= uniforms.segments) { return; }
    for (var other = 0; other < row; other++) {
      if (i32(getIds(other)) == id) { return; }
    }
    var sum = getX(row, column);
    for (var other = row + 1; other < uniforms.rows; other++) {
      if (i32(getIds(other)) == id) { sum += getX(other, column); }
    }
    setOutputAtIndex(id * uniforms.width + column, sum);
  }
`;

interface Attrs {
  transposeA?: boolean;
  transposeB?: boolean;
  numSegments?: number;
}

interface Call {
  inputs: Record<string, tf.TensorInfo>;
  attrs: Attrs;
  backend: WebgpuBackend;
}
