import {
  appendFileSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { FrostError } from "../errors";
import { checkNoFolder } from "../files/checkNoFolder";
import { checkWritable } from "../files/checkWritable";
import { codeOf } from "../files/codeOf";
import { clearExclusively, exclusively } from "../files/exclusively";
import { makeFolders } from "../files/makeFolders";
import { recordsName } from "../files/recordsName";
import { syncFolder } from "../files/replaceFolder";
import { isJson } from "../text/isJson";
import { oneLine } from "../text/oneLine";
import { clearPredictions } from "./clearPredictions";
import { PREDICTIONS } from "./predictionsName";
import type { RowPredictions } from "./RowPredictions";
import { isTorn, readRecords, recordsFile, type TrialRecord } from "./record";
import { recordFolders } from "./recordFolders";
import { writePredictions } from "./writePredictions";

/** Says that a record is being added: see `exclusively`. */
const APPENDING = ".frostkit-append";

/** The records of a sweep in `<folder>/records.jsonl`: each is on disk before the next trial starts. */
export class RecordStore {
  readonly path: string;

  constructor(readonly folder: string) {
    RecordStore.check(folder);
    makeFolders(folder);
    clearExclusively(join(folder, APPENDING));
    this.path = recordsFile(folder);
  }

  /** @throws InputError where no record could be written, so that no trial is run in vain */
  static check(folder: string): void {
    const path = recordsFile(folder);
    checkWritable(path);
    checkNoFolder(path);
    // Records of somebody else's are an error now, not once there are some of one's own.
    if (RecordStore.isIn(folder)) readRecords(path, () => {});
  }

  /** Whether a folder is a sweep's already. */
  static isIn(folder: string): boolean {
    return existsSync(recordsFile(folder));
  }

  read(): TrialRecord[] {
    return RecordStore.isIn(this.folder) ? readRecords(this.path) : [];
  }

  /** Gives the records that are there another name, so that the sweep begins without any. */
  setAside(): void {
    if (!RecordStore.isIn(this.folder)) return;
    for (let i = 1; ; i++) {
      const aside = join(this.folder, recordsName.replace(".", `-${i}.`));
      if (existsSync(aside)) continue;
      renameSync(this.path, aside);
      return;
    }
  }

  /**
   * Adds a record, whoever else may add one at this moment, and waits until it is on the disk; before it, what the validation rows got,
   * which the record then names. Gives the record as it was written. Where there is no room for the predictions, `log` is told and the
   * record goes without.
   */
  append(record: TrialRecord, predictions?: RowPredictions, log = console.info): TrialRecord {
    const name = predictions && this.#write(record, predictions, log);
    const whole = name === undefined ? record : { ...record, predictions: name };
    this.#add(whole);
    clearPredictions(this.folder, record.trial);
    recordFolders.set(whole, this.folder);
    return whole;
  }

  #write(
    { trial }: TrialRecord,
    predictions: RowPredictions,
    log: (line: string) => void,
  ): string | undefined {
    try {
      return writePredictions(this.folder, trial, predictions);
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined && !(error instanceof FrostError)) throw error;
      log(
        `${join(this.folder, PREDICTIONS)}: what the rows of ${trial} got could not be written (${code ?? oneLine((error as Error).message)}); its record goes without, so depths are not compared row by row`,
      );
      return undefined;
    }
  }

  #add(record: TrialRecord): void {
    exclusively(join(this.folder, APPENDING), () => {
      const isNew = !existsSync(this.path);
      this.#cutTornLine();
      const file = openSync(this.path, "a");
      try {
        // Unlike writeSync, which on a nearly full disk writes a part and returns how much, this writes all or throws.
        writeFileSync(file, `${JSON.stringify(record)}\n`);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      if (isNew) syncFolder(this.folder);
    });
  }

  /** A crash may have left a part of a line, or all but its line break; the next record must not be glued to it. */
  #cutTornLine(): void {
    if (!existsSync(this.path)) return;
    const bytes = readFileSync(this.path);
    const whole = bytes.lastIndexOf(0x0a, -2) + 1;
    const last = bytes.toString("utf8", whole);
    if (!isTorn(last)) return;
    // What lacks only its line break is read as a record, so nobody runs its trial again.
    if (isJson(last)) appendFileSync(this.path, "\n");
    else truncateSync(this.path, whole);
  }
}
