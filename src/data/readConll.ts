import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { decodedTable } from "./decodedTable";
import { openTable } from "./openTable";
import type { Row, Table } from "./readTable";
import { wholeText } from "./wholeText";

/** How a CoNLL file is read. */
export interface ConllOptions {
  /**
   * How characters are written as bytes, by the name that Python or the web has for it: "windows-1252", "latin1", "gbk",
   * "utf-16". Default: "utf-8".
   */
  encoding?: string;
}

/** A comment in front of a sentence, as CoNLL-U and Universal NER have it: "# sent_id = 3". */
const COMMENT = /^# *(?:[\w:.-][\w:. -]*=|newdoc *$|newpar *$)/;

/** A tag that says where in a name its word stands. */
const PLACED = /^[BIES]-./s;

/**
 * Reads a CoNLL file: a word a line, with its columns set apart by tabs or blanks, of which the first is the word and the last its tag; an empty line
 * behind each sentence. Lines of `-DOCSTART-` are left out, and comments (`# text = …`) in front of a sentence. Gives a table with a sentence a row, in the
 * columns `tokens` and `ner_tags`.
 *
 * @throws InputError naming file and line: bytes that are not of the encoding, a word without a tag, a last column that holds no tags
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("train.conll", "Ada B-PER\nlives O\n\nParis B-LOC\nshines O\n");
 * console.log(tokenDataset(await readConll("train.conll")).texts); // [ "Ada lives", "Paris shines" ]
 * ```
 */
export async function readConll(path: string, options: ConllOptions = {}): Promise<Table> {
  const { encoding } = readOptions("readConll", options);
  checkArguments("readConll", { path });
  const file = decodedTable(await openTable(path), encoding);
  const text = (await wholeText(file, MOST_BYTES, tooLarge)).toString();
  const rows: Row[] = [];
  const found = new Map<string, number>();
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
    else if (tokens.length > 0 || !COMMENT.test(line)) {
      const cells = line.includes("\t") ? line.split("\t") : line.trim().split(/ +/);
      const tag = cells.at(-1)!.trim();
      if (cells.length < 2 || cells[0] === "" || tag === "")
        throw new InputError(
          `${path}, line ${i + 1}: expected a word and its tag, got ${JSON.stringify(line)}`,
        );
      tokens.push(cells[0]);
      tags.push(tag);
      if (!found.has(tag)) found.set(tag, i + 1);
    }
  }
  end();
  if (rows.length === 0) throw new InputError(`${path}: expected words and tags, got none`);
  checkTags(path, found);
  return { path, columns: ["tokens", "ner_tags"], rows };
}

/** Throws where the last column holds something else than tags, by each value that it has and the line where that stands first. */
function checkTags(path: string, found: ReadonlyMap<string, number>): void {
  const tags = [...found.keys()];
  const wrong = tags.some((tag) => PLACED.test(tag))
    ? tags.find((tag) => tag !== "O" && !PLACED.test(tag))
    : tags.find((tag) => tag === "-" && tags.length === 1);
  if (wrong !== undefined)
    throw new InputError(
      `${path}, line ${found.get(wrong)}: expected a tag in the last column, O or as B-PER, got ${JSON.stringify(wrong)}; ` +
        "write a word and its tag on each line, and no other column behind",
    );
}

/** A text of JavaScript's ends at 2²⁹ units. */
const MOST_BYTES = 2 ** 29 - 25;

const tooLarge = (path: string): InputError =>
  new InputError(`${path}: cannot be read (it has 512 MiB or more; split it)`);
