import { SIZES } from "../recorder/Programs";
import type { Dtype, Value } from "../recorder/Value";

/** How an input of a program reaches its function. */
type Way =
  /** The row of sizes that programs have, to which others are added. */
  | "sizes"
  /** On the device, in its own shape, or in another one than it has there. */
  | "device"
  | "viewed"
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
  ) {
    this.way = this.#way();
  }

  #way(): Way {
    const { value } = this;
    if (this.name === SIZES) return "sizes";
    if (value.numbersOf.onDevice) return value.viewed ? "viewed" : "device";
    return PACKABLE.has(value.dtype) ? "packed" : "alone";
  }

  /** Functions differ where the keys of inputs do. */
  get key(): string {
    return this.way === "device" ? "" : `${this.way}${this.value.shape.length}`;
  }
}

/** What of the inputs goes into the row of whole numbers, in this order: the row that is there, lengths of what is packed, shapes. */
export const layout = (given: readonly Given[]) => ({
  row: given.find(({ way }) => way === "sizes"),
  lengths: given.filter(({ way }) => way === "packed"),
  shapes: given.filter(({ way }) => way === "packed" || way === "viewed" || way === "alone"),
});
