import type * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../Graph";
import type { Value } from "../Value";

/** How a kernel of tfjs is written down. A value that comes back becomes a tensor. */
export type RecordedKernel = (
  graph: Graph,
  // biome-ignore lint/suspicious/noExplicitAny: each kernel of tfjs has inputs and attributes of its own, told in its kernel_names.ts
  inputs: any,
  // biome-ignore lint/suspicious/noExplicitAny: see above
  attrs: any,
) => Value | Value[] | tf.TensorInfo;

/** By the names that tfjs gives them. */
export type KernelTable = Readonly<Record<string, RecordedKernel>>;
