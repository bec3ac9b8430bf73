import type { KernelTable } from "../recorder/kernels/KernelTable";
import { checkIds } from "../recorder/kernels/lookups";
import { sizeOf } from "../recorder/Value";

/** Sums of rows that share an id are an operation of TensorFlow's. */
export const lookups: KernelTable = {
  UnsortedSegmentSum(g, { x, segmentIds }, { numSegments }) {
    const { dtype, shape } = g.value(x);
    const to = [numSegments, ...shape.slice(g.value(segmentIds).shape.length)];
    if (sizeOf(shape) === 0) return g.zeros(dtype, to);
    checkIds(g, segmentIds, numSegments, "segmentSum");
    return g.make("UnsortedSegmentSum", [x, segmentIds, g.sizes(numSegments)], { dtype, shape: to });
  },
};
