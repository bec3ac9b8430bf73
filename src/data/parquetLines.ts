import { InputError } from "../errors";
import { parquetCell, parquetParsers } from "./parquetCell";

/** Lines are handed on so many at a time. */
const BATCH = 1000;

/**
 * A Parquet file as lines of JSON: `{ columns }`, then the cells of each row as a list of texts. One row group is in memory at a time.
 *
 * @throws InputError naming file, row and column of a cell that holds bytes or more digits than can be read
 */
export async function* parquetLines(path: string, limit: number): AsyncGenerator<string> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } = await import("hyparquet");
  const { compressors } = await import("hyparquet-compressors");
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  const schema = parquetSchema(metadata).children.map(({ element }) => element);
  const columns = schema.map(({ name }) => name);
  const twice = columns.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined)
    throw new InputError(
      `${path}: expected columns of different names, got two called ${JSON.stringify(twice)}`,
    );
  yield `${JSON.stringify({ columns })}\n`;
  let row = 0;
  for (const group of metadata.row_groups) {
    const rowStart = row;
    const rowEnd = Math.min(rowStart + Number(group.num_rows), limit);
    if (rowEnd === rowStart) continue;
    const read = new Map<string, number>();
    let rows: unknown[][] = [];
    await parquetRead({
      file,
      metadata,
      compressors,
      geoparquet: false,
      parsers: parquetParsers,
      rowStart,
      rowEnd,
      onChunk: ({ columnName, columnData }) => {
        read.set(columnName, (read.get(columnName) ?? 0) + columnData.length);
      },
      onComplete: (all) => {
        rows = all;
      },
    });
    // A missing value would be taken for an empty one.
    for (const name of columns)
      if ((read.get(name) ?? 0) < rowEnd - rowStart)
        throw new Error(
          `column ${JSON.stringify(name)} has ${read.get(name) ?? 0} of ${rowEnd - rowStart} values`,
        );
    let batch = "";
    for (const values of rows) {
      row++;
      const where = (i: number) => `${path}, row ${row}, column ${JSON.stringify(columns[i])}`;
      batch += `${JSON.stringify(schema.map((element, i) => parquetCell(values[i], element, () => where(i))))}\n`;
      if (row % BATCH !== 0) continue;
      yield batch;
      batch = "";
    }
    yield batch;
    if (row >= limit) return;
  }
}
