import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { SafetensorsFile } from "../checkpoint/SafetensorsFile";
import { SafetensorsWriter } from "../checkpoint/safetensorsWriter";
import { InputError } from "../errors";
import { checkFormat, LaterFormat } from "../files/checkFormat";
import { checkWritable } from "../files/checkWritable";
import { readBytes } from "../files/readBytes";
import { removeIfEmpty } from "../files/removeIfEmpty";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "../files/unfinished";
import { type FolderKind, writeFolder, writeSynced } from "../files/writeFolder";
import { fromExactJson, toExactJson } from "../text/exactJson";
import { parseJson } from "../text/json";
import { oneLine } from "../text/oneLine";

/** A tensor of a state, whose values are asked for when its turn comes. */
export interface StateTensor {
  name: string;
  shape: readonly number[];
  data: () => Float32Array | Promise<Float32Array>;
}

/** A state that was read: plain data, and tensors that are read one by one. */
export interface StoredState<Facts> {
  facts: Facts;
  /** Names and shapes of its tensors. */
  shapes: ReadonlyMap<string, number[]>;
  /** The values of one. */
  read(name: string): Float32Array;
  close(): void;
}

/** Of the files below; raised when they are written otherwise. */
const FORMAT = 1;
const FACTS = "state.json";
/** Of the folders that a state is written to, and goes to before it is removed: see `writeFolder`. */
const ENDING = ".frostkit-new";
const TENSORS = "state.safetensors";

const STATE: FolderKind = {
  what: "a training's state",
  isOwn: (path) => [FACTS, TENSORS].includes(basename(path)),
};

/**
 * The states of one training in a folder: `state-1`, `state-2` and so on, of which the newest two stay. Each appears whole, synced to the
 * disk, or not at all, and says itself whether it is as it was written.
 */
export class StateFolder<Facts extends object> {
  constructor(readonly folder: string) {}

  /** @throws InputError where nothing could be written, so that no training is kept in vain */
  check(): void {
    checkWritable(this.#path(1));
  }

  /** The newest state that is whole, to be closed; null where there is none. `warn` is told of a damaged one. */
  open(warn: (line: string) => void): StoredState<Facts> | null {
    const numbers = this.#numbers();
    for (const [i, number] of numbers.entries())
      try {
        return openState(this.#path(number));
      } catch (error) {
        // One that a later version of the kit wrote is no reason to go back to the one before it, and then to write over both.
        if (error instanceof LaterFormat || i === numbers.length - 1) throw error;
        warn(`${oneLine((error as Error).message)}; the state before it is taken`);
      }
    return null;
  }

  /** Writes a state beside the newest one; those before that are removed first, so that there is room for two. */
  async write(facts: Facts, tensors: StateTensor[]): Promise<void> {
    this.keepNewest();
    const [last = 0] = this.#numbers(() => true);
    await writeFolder(this.#path(last + 1), STATE, async (fresh) => {
      const path = join(fresh, TENSORS);
      const writer = new SafetensorsWriter(path, tensors, "F32", { format: "pt" });
      const sums: Record<string, number> = {};
      try {
        for (const { name, data } of tensors) {
          const values = await data();
          sums[name] = sumOf(values);
          writer.write(values);
        }
      } finally {
        writer.finish();
      }
      const text = toExactJson({ facts, sums });
      writeSynced(join(fresh, FACTS), Buffer.from(toExactJson({ format: FORMAT, sum: crc32(text), text })));
    });
  }

  /** Removes all states but the newest, and what a crash left of one. */
  keepNewest(): void {
    this.clearAbandoned();
    for (const number of this.#numbers().slice(1)) this.#remove(number);
  }

  /** Removes all states and what a crash left of one, and the folder where that leaves nothing in it. */
  clear(): void {
    for (const number of this.#numbers()) this.#remove(number);
    this.clearAbandoned();
    removeIfEmpty(this.folder);
  }

  /** Removes what a crash left of a state that was written or removed. */
  clearAbandoned(): void {
    for (const path of findAbandonedStates(this.folder)) rmSync(path, { recursive: true, force: true });
  }

  /** Under another name first: a process that is killed meanwhile leaves no state of which a part is gone. */
  #remove(number: number): void {
    const path = this.#path(number);
    const aside = claimUnfinished(join(this.folder, `.${basename(path)}`), ENDING);
    try {
      renameSync(path, aside);
      rmSync(aside, { recursive: true, force: true });
    } finally {
      releaseUnfinished(aside);
    }
  }

  /** Of the states that are there, the newest first: what bears such a name and holds anything else was never written here. */
  #numbers(counts = isState): number[] {
    if (!existsSync(this.folder)) return [];
    return readdirSync(this.folder)
      .flatMap((name) => (/^state-[1-9]\d{0,14}$/.test(name) ? Number(name.slice(6)) : []))
      .filter((number) => counts(this.#path(number)))
      .sort((a, b) => b - a);
  }

  #path(number: number): string {
    return join(this.folder, `state-${number}`);
  }
}

function isState(path: string): boolean {
  return lstatSync(path).isDirectory() && readdirSync(path).every((name) => STATE.isOwn(name));
}

function findAbandonedStates(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const stems = readdirSync(folder).flatMap((name) => /^\.state-\d+(?=\.)/.exec(name) ?? []);
  return [...new Set(stems)].flatMap((stem) => findAbandoned(join(resolve(folder), stem), ENDING));
}

function openState<Facts>(path: string): StoredState<Facts> {
  const { facts, sums } = readFacts<Facts>(join(path, FACTS));
  const file = SafetensorsFile.open(join(path, TENSORS));
  try {
    for (const name of new Set([...Object.keys(sums), ...file.tensors.keys()]))
      if (sumOf(file.readFloat32(name)) !== sums[name])
        throw new InputError(`${file.path}: tensor "${name}" is not as it was written: the file is damaged`);
  } catch (error) {
    file.close();
    throw error;
  }
  return {
    facts,
    shapes: new Map([...file.tensors].map(([name, { shape }]) => [name, shape])),
    read: (name) => file.readFloat32(name),
    close: () => file.close(),
  };
}

function readFacts<Facts>(path: string): { facts: Facts; sums: Record<string, number> } {
  const outer: { format?: unknown; sum?: unknown; text?: unknown } = Object(
    parseJson(path, readBytes(path).toString(), "a training's state as JSON"),
  );
  const { format, sum, text } = outer;
  checkFormat(path, format, FORMAT);
  if (typeof text !== "string" || crc32(text) !== sum)
    throw new InputError(`${path}: is not as it was written: the file is damaged`);
  return fromExactJson(text) as { facts: Facts; sums: Record<string, number> };
}

const sumOf = ({ buffer, byteOffset, byteLength }: Float32Array): number =>
  crc32(new Uint8Array(buffer, byteOffset, byteLength));
