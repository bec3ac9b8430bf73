import type { Command } from "commander";
import { isList } from "../data/isList";
import { readConll } from "../data/readConll";
import { readTable, type Table } from "../data/readTable";
import type { Labels } from "../data/textDataset";
import { type TokenColumns, type TokenTexts, tokenDataset } from "../data/tokenDataset";
import { InputError } from "../errors";
import type { TextFlags } from "./options";

/** A table of words, or of texts: a CoNLL file by its ending. */
export async function readWordTable(
  paths: string[],
  { limit, encoding, delimiter }: Pick<TextFlags, "encoding" | "delimiter"> & { limit?: number },
): Promise<Table> {
  if (paths.length !== 1 || !/\.(conll|bio|iob2?)$/i.test(paths[0]))
    return readTable(paths, { limit, encoding, delimiter });
  if (delimiter !== undefined)
    throw new InputError(
      `--delimiter: expected a CSV or TSV to read by it, got ${paths[0]}, whose columns tabs or blanks set apart; leave it out`,
    );
  const table = await readConll(paths[0], { encoding });
  return { ...table, rows: table.rows.slice(0, limit) };
}

/** The columns that flags name, the first else as `usual`: of words and their tags where the first is called tokens or holds nothing but lists, else of texts and their parts. */
export function readWords(
  table: Table,
  command: Command,
  {
    usual,
    labelled,
    ...more
  }: Pick<TokenColumns, "classes" | "id" | "log"> & { usual?: string; labelled: boolean },
): TokenTexts {
  const given = (name: string): string | undefined =>
    command.getOptionValueSource(name) === "cli" ? [command.opts()[name]].flat()[0] : undefined;
  const known = (name: string | undefined) =>
    name !== undefined && table.columns.includes(name) ? name : undefined;
  const text = given("text") ?? known(usual);
  const label = labelled ? given("label") : undefined;
  const column = text ?? known("tokens") ?? "text";
  const cells = table.rows.map((row) => row[column] ?? "").filter((cell) => cell.trim() !== "");
  const areWords = column === "tokens" || (cells.length > 0 && cells.every(isList));
  const columns = labelled
    ? table.columns
    : table.columns.filter((name) => !["ner_tags", "spans"].includes(name));
  return tokenDataset(
    { ...table, columns },
    {
      ...(areWords
        ? { tokens: column, ...(label && { tags: label }) }
        : { text: column, ...(label && { spans: label }) }),
      ...more,
    },
  );
}

/** One word of each tag: what can be checked before rows are tokenized. */
export const oneOfEach = ({ classes }: TokenTexts): Labels => ({
  problemType: "single_label_classification",
  classes,
  ids: Int32Array.from(classes.keys()),
  sequences: Int32Array.of(classes.length),
});
