import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkFormat, LaterFormat } from "../files/checkFormat";
import { replaceFile } from "../files/replaceFile";
import { shortened } from "../text/shortened";
import { PREDICTIONS } from "./predictionsName";

/** Letters of each text that are kept: a report shows no more. */
const LETTERS = 300;

/** Raised when the file is written otherwise; the first ones were written without. */
const FORMAT = 1;

/**
 * The file of what validation rows read, beside what they got: it is named after the rows, so trials of the same rows share it and no
 * others' takes its place.
 */
export class RowTextsFile {
  readonly path: string;

  constructor(
    folder: string,
    /** SHA-256 of the rows. */
    private readonly rows: string,
  ) {
    this.path = join(folder, PREDICTIONS, `rows-${rows.slice(0, 16)}.json`);
  }

  /** Writes it where it is not there yet and something is known of the rows; each text is cut to what a report shows. */
  write(texts: string[]): void {
    if (existsSync(this.path) || texts.every((text) => text === "")) return;
    const short = texts.map((text) => shortened(text, LETTERS));
    replaceFile(this.path, `${JSON.stringify({ format: FORMAT, rows: this.rows, texts: short })}\n`);
  }

  /**
   * The text of each of so many rows; null where they are not known, or the file is not as it was written.
   *
   * @throws InputError where a later version of the kit wrote it
   */
  read(count: number): string[] | null {
    try {
      const { format = 1, rows, texts } = JSON.parse(readFileSync(this.path, "utf8"));
      checkFormat(this.path, format, FORMAT);
      const fits = rows === this.rows && Array.isArray(texts) && texts.length === count;
      return fits && texts.every((text) => typeof text === "string") ? texts : null;
    } catch (error) {
      if (error instanceof LaterFormat) throw error;
      return null;
    }
  }
}
