import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { FrostError, InputError } from "../errors";

/** A file open for reading at any place in it; nothing is read before it is asked for. */
export class OpenFile {
  readonly bytes: number;
  /** Whether it is a file, not a folder or a device. */
  readonly isFile: boolean;
  #descriptor: number | undefined;

  /** @throws InputError when the file cannot be opened */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openSync(path, "r");
    } catch (error) {
      throw new InputError(`${path}: cannot be opened (${(error as NodeJS.ErrnoException).code})`);
    }
    const stats = fstatSync(this.#descriptor);
    this.bytes = stats.size;
    this.isFile = stats.isFile();
  }

  /** Fills `to` with the bytes from `position` on. */
  read(to: Uint8Array, position: number): void {
    if (this.#descriptor === undefined)
      throw new FrostError(`${this.path}: was closed before a tensor was read`);
    // One read call moves 2 GiB at most.
    for (let done = 0; done < to.length; ) {
      const read = readSync(this.#descriptor, to, done, Math.min(to.length - done, 1 << 30), position + done);
      if (read === 0) throw new FrostError(`${this.path}: became shorter while it was open`);
      done += read;
    }
  }

  /** Closing twice does nothing. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
