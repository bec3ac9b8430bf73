import type { Node } from "./Node";

/** Types of numbers in a graph; tfjs knows the first three, and JavaScript has the bits alone of the last two. */
export type Dtype =
  | "float32"
  | "int32"
  | "bool"
  | "int64"
  | "uint32"
  | "uint8"
  | "float64"
  | "bfloat16"
  | "float16";

export const ARRAYS = {
  float32: Float32Array,
  int32: Int32Array,
  bool: Uint8Array,
  int64: BigInt64Array,
  uint32: Uint32Array,
  uint8: Uint8Array,
  float64: Float64Array,
  bfloat16: Uint16Array,
  float16: Uint16Array,
} as const;

export type Numbers = InstanceType<(typeof ARRAYS)[Dtype]>;

/** Type and sizes of a value. */
export interface Kind {
  dtype: Dtype;
  shape: number[];
}

/** Labels of numbers that follow from the form of a step alone, and of zeros. */
export const FIXED = "fixed";
export const ZEROS = "zeros";

/** What stands for a tensor's data: numbers that are there, or the node that will make them. */
export class Value implements Kind {
  /** How many tensors hold it. */
  refs = 0;
  /** Once known, unless they lie on a device. */
  numbers: Numbers | null = null;
  /** The runner's handle of the numbers, where they lie on its device. */
  onDevice: object | null = null;
  /** Whether nobody else has the array, so that it may be written over once this value is gone. */
  owned = false;
  /** Until its numbers are known. */
  node: Node | null = null;
  /** Which of its node's outputs it is. */
  output = 0;
  /** The last epoch in which it was recorded, and its place among that epoch's inputs where it is one. */
  epoch = -1;
  place = 0;
  /** The last epoch in which its numbers were an input, as how many of them, views included, and as which the last time. */
  usedIn = -1;
  uses = 0;
  usedAt = 0;
  /** A constant of the program itself: the key by which equal ones are one. */
  constant: string | null = null;
  /** The number that stands for that key, once one does. */
  code = -1;
  /** A single number that JavaScript handed over, which stays in the graph for as long as it does not change. */
  literal = false;
  /** The value whose array this one's numbers are to be written into. */
  into: Value | null = null;
  /** The value whose numbers these are, in another shape. */
  viewed: Value | null = null;
  /** What was made of it once for all that reads it, such as the same in other shapes, in the last epoch in which something was. */
  made: { epoch: number; values: Map<string, Value> } | null = null;
  /** Why there will be no numbers: the run that was to make them failed. */
  failure: Error | null = null;
  /** Numbers of JavaScript that come anew each time, and stay there until they are read. */
  passing = false;
  /** What its numbers are, where JavaScript has made them and somebody said so: a step's input by name, `FIXED` or `ZEROS`. */
  label: string | null = null;
  /** Of ids, below what they have to be. */
  below: number | null = null;
  /** Whether another value has taken its place. */
  isReplaced = false;
  /** Whether it and all that took its place are gone, for whoever wants to know later. */
  life = { isOver: false };

  constructor(
    readonly dtype: Dtype,
    readonly shape: number[],
  ) {}

  /** The value that has the numbers of this one. */
  get numbersOf(): Value {
    return this.viewed ?? this;
  }

  get size(): number {
    return sizeOf(this.shape);
  }
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, each) => size * each, 1);
