import { closeSync, fsyncSync, openSync } from "node:fs";
import { InputError } from "../errors";
import { codeOf } from "../files/codeOf";
import { writeFully } from "../files/writeFully";
import { countElements, type FloatDType, maxHeaderBytes } from "./safetensors";
import { toBfloat16, toFloat16 } from "./toHalf";

/** A tensor of the file; one of counts is stored whole, whatever the others are stored as. */
export interface WrittenTensor {
  name: string;
  shape: readonly number[];
  dtype?: "I64";
}

const BYTES = { F32: 4, F16: 2, BF16: 2, I64: 8 };

/**
 * Writes a safetensors file tensor by tensor, so that one tensor at a time need be in memory: the header, which names all
 * shapes, goes first, then `write` takes each tensor's elements in the order given here.
 */
export class SafetensorsWriter {
  readonly #path: string;
  readonly #tensors: readonly WrittenTensor[];
  readonly #dtype: FloatDType;
  readonly #descriptor: number;
  #written = 0;

  constructor(
    path: string,
    tensors: readonly WrittenTensor[],
    dtype: FloatDType,
    metadata: Record<string, string>,
    /** The file to write to, which the caller moves to `path` once it is whole; errors name `path`. */
    unfinished = path,
  ) {
    const header = makeHeader(path, tensors, dtype, metadata);
    this.#path = path;
    this.#tensors = tensors;
    this.#dtype = dtype;
    try {
      this.#descriptor = openSync(unfinished, "w");
    } catch (error) {
      throw new InputError(`${path}: cannot be written (${codeOf(error)})`);
    }
    try {
      writeFully(this.#descriptor, header);
    } catch (error) {
      closeSync(this.#descriptor);
      throw error;
    }
  }

  /** The elements of the next tensor, row-major. */
  write(data: Float32Array): void {
    const { name, shape, dtype = this.#dtype } = this.#tensors[this.#written++];
    if (data.length !== countElements(shape))
      throw new InputError(
        `${this.#path}: tensor "${name}" of shape [${shape}] takes ${countElements(shape)} elements, got ${data.length}`,
      );
    if (dtype === "I64")
      writeFully(
        this.#descriptor,
        new Uint8Array(BigInt64Array.from(data, (count) => BigInt(Math.round(count))).buffer),
      );
    else if (dtype === "F32")
      writeFully(this.#descriptor, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    else this.#writeHalf(name, data);
  }

  /** Waits until the bytes are on the disk, then closes the file. */
  finish(): void {
    fsyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  #writeHalf(name: string, data: Float32Array): void {
    const toHalf = this.#dtype === "F16" ? toFloat16 : toBfloat16;
    const piece = new Uint16Array(Math.min(data.length, 1 << 18));
    for (let start = 0; start < data.length; start += piece.length) {
      const from = data.subarray(start, start + piece.length);
      const beyond = toHalf(from, piece);
      if (beyond !== -1)
        throw new InputError(
          `${this.#path}: tensor "${name}" holds ${from[beyond]} at element ${start + beyond}, which ${this.#dtype} would turn into infinity: write ${this.#dtype === "F16" ? "BF16 or F32" : "F32"}`,
        );
      writeFully(this.#descriptor, new Uint8Array(piece.buffer, 0, 2 * from.length));
    }
  }
}

function makeHeader(
  path: string,
  tensors: readonly WrittenTensor[],
  dtype: FloatDType,
  metadata: Record<string, string>,
): Buffer {
  const entries = new Map<string, unknown>([["__metadata__", metadata]]);
  let end = 0;
  for (const { name, shape, dtype: own = dtype } of tensors) {
    if (entries.has(name)) throw new InputError(`${path}: tensor "${name}" is given twice`);
    if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      throw new InputError(
        `${path}: tensor "${name}" has shape [${shape}]; expected whole sizes of at least 0`,
      );
    const begin = end;
    end += countElements(shape) * BYTES[own];
    entries.set(name, { dtype: own, shape, data_offsets: [begin, end] });
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  // Padded with spaces so that the data starts at a multiple of 8, as the reference implementation does.
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderBytes)
    throw new InputError(
      `${path}: the header of ${tensors.length} tensors takes ${length} bytes, more than the ${maxHeaderBytes} allowed`,
    );
  const header = Buffer.alloc(8 + length, " ");
  header.writeBigUInt64LE(BigInt(length));
  json.copy(header, 8);
  return header;
}
