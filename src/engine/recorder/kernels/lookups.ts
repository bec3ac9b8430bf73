import * as tf from "@tensorflow/tfjs-core";
import { InputError } from "../../../errors";
import type { Graph, Input } from "../Graph";
import { otherEngines } from "../otherEngines";
import { sizeOf, type Value } from "../Value";
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
  // ScatterND adds rows of one id from several threads at once, and loses some; ScatterElements adds one after the other.
  const each = g.expand(g.reshape(ids, [count, 1]), [count, width]);
  const rows = [g.zeros(dtype, [segments, width]), each, g.reshape(x, [count, width])];
  const sums = g.op("ScatterElements", rows, { axis: { int: 0 }, reduction: { text: "add" } });
  return g.reshape(sums, to);
}

/** ONNX counts negative ids from the end, and tells of those beyond it only when it runs: what is known is checked at once. */
export function checkIds(g: Graph, indices: Input, entries: number, what: string): void {
  const { numbers } = g.value(indices).numbersOf;
  if (!numbers) return;
  const ids = numbers as Int32Array;
  for (let i = 0; i < ids.length; i++)
    if (!(ids[i] >= 0 && ids[i] < entries))
      throw new InputError(`${what}: expected ids from 0 to ${entries - 1}, got ${ids[i]} in row ${i}`);
}
