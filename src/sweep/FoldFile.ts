import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsFile } from "../checkpoint/SafetensorsFile";
import { SafetensorsWriter } from "../checkpoint/safetensorsWriter";
import { InputError } from "../errors";
import { checkFormat } from "../files/checkFormat";
import { syncFolder } from "../files/replaceFolder";
import { withUnfinished } from "../files/unfinished";
import { fromExactJson, toExactJson } from "../text/exactJson";
import type { FineTuneResult } from "../training/events";
import type { RunIdentity } from "../training/runIdentity";

/** All that decides what a fold comes to. */
export interface FoldIdentity {
  training: Omit<RunIdentity, "weights">;
  /** SHA-256 of the weights that it began with. */
  weights: string;
  /** SHA-256 of the test rows; null where there are none. */
  test: string | null;
}

/** What a finished fold leaves. */
export interface FinishedFold {
  identity: FoldIdentity;
  training: FineTuneResult;
  /** Of the rows that it was judged by, in their order, [rows · labels]. */
  outputs: Float32Array;
  /** Of the test rows; null where there are none. */
  test: Float32Array | null;
}

const KIND = "frostkit fold ";
/** Raised when it is written otherwise. */
const FORMAT = 1;

/** A finished fold in a cross-validation's folder: a safetensors file that appears whole, synced to the disk, or not at all. */
export class FoldFile {
  readonly path: string;

  constructor(
    private readonly folder: string,
    readonly fold: number,
  ) {
    this.path = join(folder, `fold-${fold}.safetensors`);
  }

  /**
   * Null where there is none.
   *
   * @throws InputError where it is damaged, or no fold's
   */
  read(): FinishedFold | null {
    if (!existsSync(this.path)) return null;
    try {
      return this.#read();
    } catch (error) {
      const { message } = error as Error;
      const why = error instanceof InputError ? message : `${this.path}: ${message}`;
      throw new InputError(
        `${why}; no fold can be read of it, and restart leaves it: remove it by hand, or move it away`,
      );
    }
  }

  #read(): FinishedFold {
    const file = SafetensorsFile.open(this.path);
    try {
      const { format, facts } = file.metadata;
      if (!format?.startsWith(KIND) || facts === undefined)
        throw new InputError(`${this.path}: expected a fold, as crossValidate writes it, got another file`);
      checkFormat(this.path, Number(format.slice(KIND.length)), FORMAT);
      const { identity, training } = fromExactJson(facts) as Pick<FinishedFold, "identity" | "training">;
      const test = file.tensors.has("test") ? file.readFloat32("test") : null;
      return { identity, training, outputs: file.readFloat32("outputs"), test };
    } finally {
      file.close();
    }
  }

  write({ identity, training, outputs, test }: FinishedFold, labels: number): void {
    const tensors = [
      { name: "outputs", values: outputs },
      ...(test ? [{ name: "test", values: test }] : []),
    ].map((each) => ({ ...each, shape: [each.values.length / labels, labels] }));
    const metadata = { format: `${KIND}${FORMAT}`, facts: toExactJson({ identity, training }) };
    withUnfinished(`${this.path}.`, ".tmp", (unfinished) => {
      const writer = new SafetensorsWriter(this.path, tensors, "F32", metadata, unfinished);
      try {
        for (const { values } of tensors) writer.write(values);
      } finally {
        writer.finish();
      }
      renameSync(unfinished, this.path);
    });
    syncFolder(this.folder);
  }
}
