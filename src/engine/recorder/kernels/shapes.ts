import * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../Graph";
import { type Dtype, FIXED, sizeOf, type Value } from "../Value";
import type { KernelTable } from "./KernelTable";

const { slice_util, util, backend_util } = tf;

const axisOf = (axis: number, { shape }: tf.TensorInfo): number => util.parseAxisParam(axis, shape)[0];

const replaced = (shape: number[], axis: number, ...sizes: number[]): number[] => [
  ...shape.slice(0, axis),
  ...sizes,
  ...shape.slice(axis + 1),
];

export const shapes: KernelTable = {
  Identity: (g, { x }) => g.shared(x),
  Reshape: (g, { x }, { shape }) => g.shared(x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ExpandDims(g, { input }, { dim }) {
    const shape = input.shape.slice();
    shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
    return g.shared(input, shape);
  },
  Transpose: (g, { x }, { perm }) => g.transpose(x, ...perm),
  Slice(g, { x }, { begin, size }) {
    const [from, sizes] = slice_util.parseSliceParams(x, begin, size);
    slice_util.assertParamsValid(x, from, sizes);
    return util.arraysEqual(sizes, x.shape) ? g.value(x) : g.block(x, from, sizes);
  },
  StridedSlice(g, { x }, { begin, end, strides, ...masks }) {
    const { beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } = masks;
    const info = slice_util.sliceInfo(
      ...([x.shape, begin, end, strides, beginMask, endMask] as const),
      ...([ellipsisMask, newAxisMask, shrinkAxisMask] as const),
    );
    if (info.finalShape.some((size) => size < 1)) return g.zeros(x.dtype, info.finalShape);
    const sizes = slice_util.computeOutShape(info.begin, info.end, info.strides);
    return g.reshape(g.stride(x, info.begin, info.end, info.strides, sizes), info.finalShape);
  },
  Reverse(g, { x }, { dims }) {
    const axes = util.parseAxisParam(dims, x.shape);
    if (x.shape.length === 0) return g.value(x);
    const by = <Number>(turned: Number, other: (size: number) => Number): Number[] =>
      x.shape.map((size: number, axis: number) => (axes.includes(axis) ? turned : other(size)));
    return g.stride(
      x,
      by(-1, () => 0),
      by(-1, (size) => size),
      by(-1, () => 1),
      x.shape,
    );
  },
  PadV2: (g, { x }, { paddings, constantValue }) => g.pad(x, paddings, constantValue),
  MirrorPad(g, { x }, { paddings, mode }) {
    const shape = x.shape.map((size: number, i: number) => size + paddings[i][0] + paddings[i][1]);
    const places = shape.map((size: number, axis: number) => {
      const length = x.shape[axis];
      const edge = mode === "reflect" ? 0 : 1;
      return Array.from({ length: size }, (_, i) => {
        const place = i - paddings[axis][0];
        if (place < 0) return -place - edge;
        return place < length ? place : 2 * (length - 1) - place + edge;
      });
    });
    return places.reduce(
      (made: Value, ids: number[], axis: number) =>
        g.op("Gather", [made, g.recorder.constant("int64", [ids.length], ids)], { axis: { int: axis } }),
      g.value(x),
    );
  },
  Concat(g, inputs, { axis }) {
    const all = Object.values<tf.TensorInfo>(inputs);
    const at = axisOf(axis, all[0]);
    const shape = backend_util.computeOutShape(
      all.map(({ shape }) => shape),
      at,
    );
    const list = all.filter(({ shape }) => sizeOf(shape) > 0);
    if (list.length === 0) return g.zeros(all[0].dtype as Dtype, shape);
    return list.length === 1 ? g.value(list[0]) : g.op("Concat", list, { axis: { int: at } });
  },
  SplitV(g, { x }, { numOrSizeSplits, axis }) {
    const at = axisOf(axis, x);
    const sizes = backend_util.prepareSplitSize(x, numOrSizeSplits, at);
    const kinds = sizes.map((size) => ({ dtype: x.dtype, shape: replaced(x.shape, at, size) }));
    return g.several("Split", [x, g.sizes(...sizes)], kinds, { axis: { int: at } });
  },
  Unpack(g, { value }, { axis }) {
    const at = axisOf(axis, value);
    return Array.from({ length: value.shape[at] }, (_, place) => rowOf(g, value, at, place));
  },
  Pack(g, inputs, { axis }) {
    const list = Object.values<tf.TensorInfo>(inputs);
    const [{ shape }] = list;
    const at = axis < 0 ? shape.length + 1 + axis : axis;
    const part = [...shape.slice(0, at), 1, ...shape.slice(at)];
    // TensorFlow joins two or more.
    if (list.length === 1) return g.shared(list[0], part);
    return g.op(
      "Concat",
      list.map((x) => g.reshape(x, part)),
      { axis: { int: at } },
    );
  },
  Tile(g, { x }, { reps }) {
    const shape = x.shape.map((size: number, i: number) => size * reps[i]);
    return g.make("Tile", [x, g.sizes(...reps)], { dtype: x.dtype, shape });
  },
  Fill: (g, _, { shape, value, dtype }) => g.filled(dtype ?? util.inferDtype(value), shape, Number(value)),
  ZerosLike: (g, { x }) => g.zeros(x.dtype, x.shape),
  OnesLike: (g, { x }) => g.filled(x.dtype, x.shape, 1),
  Range(g, _, { start, stop, step, dtype }) {
    const numbers = tf.util.makeZerosTypedArray(Math.max(0, Math.ceil((stop - start) / step)), dtype);
    for (let i = 0; i < numbers.length; i++) numbers[i] = start + i * step;
    return g.recorder.written(dtype, [numbers.length], numbers, FIXED);
  },
  LinSpace(g, _, { start, stop, num }) {
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    const numbers = Float32Array.from({ length: num }, (_, i) => start + i * step);
    return g.recorder.written("float32", [num], numbers, FIXED);
  },
};

function rowOf(g: Graph, x: tf.TensorInfo, axis: number, place: number): Value {
  const from = x.shape.map((_, i) => (i === axis ? place : 0));
  return g.reshape(g.block(x, from, replaced(x.shape, axis, 1)), replaced(x.shape, axis));
}
