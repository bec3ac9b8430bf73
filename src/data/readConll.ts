import { readFile } from "node:fs/promises";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";
import type { Row, Table } from "./readTable";

/**
 * Reads a CoNLL file: a word a line, with its columns set apart by tabs or blanks, of which the first is the word and the last its tag; an empty line
 * behind each sentence. Lines of `-DOCSTART-` are left out. Gives a table with a sentence a row, in the columns `tokens` and `ner_tags`.
 *
 * @throws InputError naming file and line
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("train.conll", "Ada B-PER\nlives O\n\nParis B-LOC\nshines O\n");
 * console.log(tokenDataset(await readConll("train.conll")).texts); // [ "Ada lives", "Paris shines" ]
 * ```
 */
export async function readConll(path: string): Promise<Table>;
export async function readConll(path: string, ...more: unknown[]): Promise<Table> {
  noOptions("readConll", more);
  checkArguments("readConll", { path });
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${path}: expected a file of words and tags, got ${error.code}`);
  });
  const rows: Row[] = [];
  let [tokens, tags]: string[][] = [[], []];
  const end = () => {
    if (tokens.length > 0) rows.push({ tokens: JSON.stringify(tokens), ner_tags: JSON.stringify(tags) });
    [tokens, tags] = [[], []];
  };
  for (const [i, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (line.trim() === "") end();
    else if (line.startsWith("-DOCSTART-")) end();
    else {
      const cells = line.includes("\t") ? line.split("\t") : line.trim().split(/ +/);
      if (cells.length < 2 || cells[0] === "" || cells.at(-1)!.trim() === "")
        throw new InputError(
          `${path}, line ${i + 1}: expected a word and its tag, got ${JSON.stringify(line)}`,
        );
      tokens.push(cells[0]);
      tags.push(cells.at(-1)!.trim());
    }
  }
  end();
  if (rows.length === 0) throw new InputError(`${path}: expected words and tags, got none`);
  return { path, columns: ["tokens", "ner_tags"], rows };
}
