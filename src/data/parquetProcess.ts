// node parquetProcess.js FILE [LIMIT]: writes a Parquet file's columns, and then its rows, as lines of JSON; a line with an error where it
// cannot be read. See parquetRows.ts.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { InputError } from "../errors";
import { parquetLines } from "./parquetLines";

const [path, limit] = process.argv.slice(2);

async function* lines(): AsyncGenerator<string> {
  try {
    yield* parquetLines(path, limit === undefined ? Number.POSITIVE_INFINITY : Number(limit));
  } catch (error) {
    const why = (error as Error).message;
    const told =
      error instanceof InputError
        ? why
        : `${path}: cannot be read as Parquet (${why}): it is damaged, or has something that is not read; copy it again, or write it anew, ` +
          'for instance by pandas.read_parquet(path).to_parquet("table.parquet")';
    yield `${JSON.stringify({ error: told })}\n`;
  }
}

void pipeline(Readable.from(lines()), process.stdout).catch(() => {
  // Whoever reads has enough.
  process.exitCode = 1;
});
