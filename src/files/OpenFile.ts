import { closeSync, fstatSync, readSync } from "node:fs";
import { FrostError, InputError } from "../errors";
import { codeOf } from "./codeOf";
import { openWithoutWaiting } from "./readBytes";

/** A file open for reading at any place in it; nothing is read before it is asked for. */
export class OpenFile {
  readonly bytes: number;
  /** Whether it is a file, not a folder or a device. */
  readonly isFile: boolean;
  #descriptor: number | undefined;
  #changed: bigint;
  #holders = new Set<object>();
  #closing = false;

  /** @throws InputError when the file cannot be opened */
  constructor(readonly path: string) {
    try {
      this.#descriptor = openWithoutWaiting(path);
    } catch (error) {
      throw new InputError(`${path}: cannot be opened (${codeOf(error)})`);
    }
    const stats = fstatSync(this.#descriptor, { bigint: true });
    this.bytes = Number(stats.size);
    this.#changed = stats.mtimeNs;
    this.isFile = stats.isFile();
  }

  get descriptor(): number {
    if (this.#descriptor === undefined)
      throw new FrostError(`${this.path}: was closed before a tensor was read`);
    return this.#descriptor;
  }

  /**
   * Fills `to` with the bytes from `position` on.
   *
   * @throws InputError when the file never had so many; FrostError when it has lost some since it was opened
   */
  read(to: Uint8Array, position: number): void {
    const { descriptor } = this;
    if (position + to.length > this.bytes)
      throw new InputError(
        `${this.path}: speaks of bytes up to ${position + to.length}, but has ${this.bytes}: it is truncated or damaged, copy or download it again`,
      );
    // One read call moves 2 GiB at most.
    for (let done = 0; done < to.length; ) {
      const read = readSync(descriptor, to, done, Math.min(to.length - done, 1 << 30), position + done);
      if (read === 0) throw new FrostError(`${this.path}: became shorter while it was open`);
      done += read;
    }
  }

  /**
   * Throws where the file was written to since it was opened, and so may hold anything in the place of `what`. One that was replaced by
   * another or removed still is what it was.
   */
  checkUnchanged(what: string): void {
    const { size, mtimeNs } = fstatSync(this.descriptor, { bigint: true });
    if (Number(size) !== this.bytes || mtimeNs !== this.#changed)
      throw new FrostError(
        `${this.path}: was changed after it was opened, so ${what} can no longer be read from it: load the model anew`,
      );
  }

  /** Keeps the file open for `holder` until that releases it. */
  hold(holder: object): void {
    this.#holders.add(holder);
  }

  release(holder: object): void {
    this.#holders.delete(holder);
    this.#closeUnlessHeld();
  }

  /** Closes the file as soon as nobody holds it. Closing twice does nothing. */
  close(): void {
    this.#closing = true;
    this.#closeUnlessHeld();
  }

  #closeUnlessHeld(): void {
    if (!this.#closing || this.#holders.size > 0 || this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
