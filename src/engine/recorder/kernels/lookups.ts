import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../../errors";
import type { Graph, Input } from "../Graph";
import { otherEngines } from "../otherEngines";
import { FIXED, sizeOf, type Value } from "../Value";
import type { KernelTable } from "./KernelTable";

export const lookups: KernelTable = {
  GatherV2(g, { x, indices }, { axis, batchDims }) {
    if (batchDims)
      throw new InputError(
        `engine ${tf.getBackend()}: gather with batchDims is not there; use engine ${otherEngines()}`,
      );
    const at = tf.util.parseAxisParam(axis, x.shape)[0];
    checkIds(g, indices, x.shape[at], "gather");
    return g.op("Gather", [x, g.cast(indices, "int32")], { axis: { int: at } });
  },
  GatherNd(g, { params, indices }) {
    const depth = indices.shape.at(-1)!;
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    return g.make("GatherND", [params, g.cast(indices, "int64")], { dtype: params.dtype, shape });
  },
  UnsortedSegmentSum: (g, { x, segmentIds }, { numSegments }) => segmentSum(g, x, segmentIds, numSegments),
  OneHot(g, { indices }, { depth, onValue, offValue, dtype }) {
    const places = g.recorder.written(
      "int32",
      [depth],
      Int32Array.from({ length: depth }, (_, i) => i),
      FIXED,
    );
    const hit = g.op("Equal", [g.reshape(indices, [...indices.shape, 1]), places]);
    const [on, off] = [onValue, offValue].map((each) =>
      g.number(dtype === "float32" ? dtype : "int32", each),
    );
    return g.cast(g.op("Where", [hit, on, off]), dtype);
  },
};

/** Sums of the rows of x that share an id: [segments, …]. */
function segmentSum(g: Graph, x: Input, ids: Input, segments: number): Value {
  const { dtype, shape } = g.value(x);
  const to = [segments, ...shape.slice(g.value(ids).shape.length)];
  if (sizeOf(shape) === 0) return g.zeros(dtype, to);
  checkIds(g, ids, segments, "segmentSum");
  const count = g.value(ids).size;
  const width = sizeOf(to.slice(1));
  const [list, rows] = [g.reshape(ids, [count]), g.reshape(x, [count, width])];
  if (segments < LARGE) return g.reshape(addedTo(g, segments, list, rows), to);
  // A large table is written once: each segment is the sum at the place of one of its rows, or the zeros in front of all rows.
  const places = g.recorder.written(
    "int32",
    [count],
    Int32Array.from({ length: count }, (_, i) => i + 1),
    FIXED,
  );
  const none = g.zeros("int32", [segments]);
  const first = { axis: { int: 0 } };
  const placeOf = g.op("ScatterElements", [none, list, places], first);
  const sums = addedTo(g, count + 1, g.op("Gather", [placeOf, list], first), rows);
  return g.reshape(g.op("Gather", [sums, placeOf], first), to);
}

/** From how many segments on they are not added to where they lie: ONNX Runtime would write zeros, a copy of them, and the sums. */
const LARGE = 2 ** 13;

/** ScatterND adds rows of one id from several threads at once, and loses some; ScatterElements adds one after the other. */
function addedTo(g: Graph, segments: number, ids: Value, rows: Value): Value {
  const { dtype, shape } = rows;
  const zeros = g.zeros(dtype, [segments, shape[1]]);
  const each = g.expand(g.reshape(ids, [shape[0], 1]), shape);
  return g.op("ScatterElements", [zeros, each, rows], { axis: { int: 0 }, reduction: { text: "add" } });
}

/** ONNX counts negative ids from the end, and tells of those beyond it only when it runs: what is known is checked at once. */
export function checkIds(g: Graph, indices: Input, entries: number, what: string): void {
  const value = g.value(indices).numbersOf;
  value.below = Math.min(value.below ?? entries, entries);
  const { numbers } = value;
  if (!numbers) return;
  const ids = numbers as Int32Array;
  for (let i = 0; i < ids.length; i++)
    if (!(ids[i] >= 0 && ids[i] < entries))
      throw new InputError(`${what}: expected ids from 0 to ${entries - 1}, got ${ids[i]} in row ${i}`);
}
