import { InputError } from "../../errors";
import type { OpenFile } from "../../files/OpenFile";

const WINDOW = 1 << 16;
const MAX_LINE = 1000;

/** The most bytes that are read as a pickle: that of a state dict, whose numbers lie elsewhere, has some hundred a tensor. */
export const MOST_PICKLED = 2 ** 25;

/** Reads a stretch of a file byte by byte, fetching a window of it at a time. */
export class ByteReader {
  #window = Buffer.alloc(0);
  #start: number;
  /** The file's. */
  readonly path: string;

  /** From `position` on, up to `end`. */
  constructor(
    private readonly file: OpenFile,
    public position: number,
    private readonly end: number,
  ) {
    this.#start = position;
    this.path = file.path;
  }

  byte(): number {
    return this.bytes(1)[0];
  }

  /** The next `count` bytes; valid until the next call. */
  bytes(count: number): Buffer {
    const from = this.position;
    if (count > this.end - from)
      throw new InputError(
        `${this.path}: its pickle asks for ${count} bytes at byte ${from}, beyond its end at ${this.end}: it is truncated or damaged, copy or download it again`,
      );
    this.position += count;
    if (from < this.#start || this.position > this.#start + this.#window.length) {
      this.#window = Buffer.alloc(Math.min(Math.max(count, WINDOW), this.end - from));
      this.#start = from;
      this.file.read(this.#window, from);
    }
    return this.#window.subarray(from - this.#start, this.position - this.#start);
  }

  /** The text up to the next line feed, which is passed over. */
  line(): string {
    const bytes: number[] = [];
    for (let byte = this.byte(); byte !== 10; byte = this.byte()) {
      bytes.push(byte);
      if (bytes.length > MAX_LINE)
        throw new InputError(
          `${this.path}: malformed pickle: a name before byte ${this.position} is longer than ${MAX_LINE} bytes`,
        );
    }
    return Buffer.from(bytes).toString("utf8");
  }
}
