import { SIZES } from "../recorder/Programs";
import type { Dtype, Value } from "../recorder/Value";
import type { DeviceTensor } from "./FunctionBinding";
import { type Held, Variable } from "./FunctionDevice";

/** How an input of a program reaches its function. */
type Way =
  /** The row of sizes that programs have, to which others are added. */
  | "sizes"
  /** On the device, in its own shape, or in another one than it has there. */
  | "device"
  | "viewed"
  /** A variable on the device, in its own shape or in another one. */
  | "variable"
  | "viewedVariable"
  /** From JavaScript, in one array with others, or alone. */
  | "packed"
  | "alone";

/** Numbers of four bytes each, whatever they say, go in as one array. */
const PACKABLE: ReadonlySet<Dtype> = new Set(["float32", "int32", "uint32"]);

/** An input of a program, for one run. */
export class Given {
  readonly way: Way;

  constructor(
    readonly name: string,
    readonly value: Value,
    /** What has its numbers on the device. */
    readonly held: Held | null = value.numbersOf.onDevice,
  ) {
    this.way = this.#way();
  }

  #way(): Way {
    const { value, held } = this;
    if (this.name === SIZES) return "sizes";
    if (held instanceof Variable) return value.viewed ? "viewedVariable" : "variable";
    if (held) return value.viewed ? "viewed" : "device";
    return PACKABLE.has(value.dtype) ? "packed" : "alone";
  }

  /** The tensor or the handle that goes in by itself, if one does. */
  get tensor(): DeviceTensor | null {
    return this.held instanceof Variable ? this.held.handle : this.held;
  }

  /** Functions differ where the keys of inputs do. */
  get key(): string {
    if (this.way === "device") return "";
    return this.way === "variable" ? "v" : `${this.way}${this.value.shape.length}`;
  }
}

const SHAPED: ReadonlySet<Way> = new Set(["packed", "viewed", "viewedVariable", "alone"]);

/** What of the inputs goes into the row of whole numbers, in this order: the row that is there, lengths of what is packed, shapes. */
export const layout = (given: readonly Given[]) => ({
  row: given.find(({ way }) => way === "sizes"),
  lengths: given.filter(({ way }) => way === "packed"),
  shapes: given.filter(({ way }) => SHAPED.has(way)),
});
