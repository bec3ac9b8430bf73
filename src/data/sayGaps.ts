import type { TextDataset } from "./textDataset";

/**
 * Lines on rows that are easily overlooked, each with their number and the first of them: texts without a character but white space, ids
 * that are empty, and ids that come again.
 *
 * @param placeOf what a row, counted from 0, is called where it is not enough to number it
 */
export function sayGaps(
  { source, texts, pairs, ids, columns }: TextDataset,
  placeOf?: (row: number) => string,
): string[] {
  const inRow = (number: number) => `in ${placeOf?.(number - 1) ?? `row ${number}`}`;
  const lines: string[] = [];
  const tell = (what: string, rows: number[], of: number, told: string) => {
    if (rows.length > 0) lines.push(`${source}: ${rows.length} of ${of} ${what}, ${told}`);
  };
  const empty = (values: readonly string[]) =>
    values.flatMap((value, i) => (value.trim() === "" ? [i + 1] : []));
  const inColumn = (name: string | null | undefined) => (name ? ` in column ${JSON.stringify(name)}` : "");
  for (const [values, name] of [
    [texts, columns?.text],
    [pairs ?? [], columns?.pair],
  ] as const) {
    const rows = empty(values);
    tell(`texts${inColumn(name)} are empty`, rows, values.length, `the first ${inRow(rows[0])}`);
  }
  if (!ids) return lines;
  const rows = empty(ids);
  tell("ids are empty", rows, ids.length, `the first ${inRow(rows[0])}`);
  const first = new Map<string, number>();
  const again = ids.flatMap((id, i) => {
    if (id.trim() === "" || !first.has(id)) {
      first.set(id, i + 1);
      return [];
    }
    return [i + 1];
  });
  const id = ids[again[0] - 1];
  tell(
    "ids come again",
    again,
    ids.length,
    `the first ${JSON.stringify(id)}, ${
      placeOf ? `${inRow(first.get(id)!)} and ${inRow(again[0])}` : `in rows ${first.get(id)} and ${again[0]}`
    }`,
  );
  return lines;
}
