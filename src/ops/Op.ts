import type * as tf from "@tensorflow/tfjs-core";
import type { Half } from "../engine/autocast";

/** What an op gives, by name: tensors, several of a kind, or null where one was not asked for. */
export type Outputs<Out> = { [Name in keyof Out]: tf.Tensor | null | (tf.Tensor | null)[] };

/** Something that may compute an op instead of its composed form. */
export interface Kernel<In, Out> {
  /** Who computes, as people are told. */
  by: string;
  /** Why it does not compute these inputs, here and in the present precision; null where it does. Without inputs: whether it is here at all. */
  refuses(inputs: In | null): string | null;
  compute(inputs: In): Out;
  /** Why its values are not those of the composed form, where they cannot be. */
  differs?: string;
}

/** One case to try every kernel on. */
export interface Example<In> {
  title: string;
  /** Makes the inputs anew: the same values on every engine. */
  inputs(): In;
  /** How far a kernel's float32 may be from the composed form's in plain JavaScript, absolute. */
  tolerance: number;
}

/** All there is to know of an op. */
export interface Declaration<In, Out extends Outputs<Out>> {
  name: string;
  /** What goes in and comes out, with shapes. */
  inputs: { readonly [Name in keyof In]-?: string };
  outputs: { readonly [Name in keyof Out]-?: string };
  /** Of a backward: the gradients that `inputs.wanted` may ask for. */
  gradients?: readonly string[];
  /** How far results of 16 bits may be from float32's where products are rounded so; null where the op has no products and stays in float32. */
  precision: Record<Half, number> | null;
  /** Refuses what does not fit together, since kernels believe what they are given. */
  check?(inputs: In): void;
  /** Of tfjs's ops. It runs in a tidy of its own. */
  composed(inputs: In): Out;
  /** Asked in this order. */
  kernels: readonly Kernel<In, Out>[];
  /** Sizes that are odd, one, zero, large and no multiple of a tile. */
  examples(): Iterable<Example<In>>;
}

/** An op, ready to be called. */
export interface Op<In, Out extends Outputs<Out>> {
  (inputs: In): Out;
  readonly declaration: Declaration<In, Out>;
}

/** An op whatever it takes and gives. */
// biome-ignore lint/suspicious/noExplicitAny: a list of ops holds all kinds
export type AnyOp = Op<any, any>;
