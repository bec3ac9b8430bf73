import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../src/random";

const GOOD = ["good", "fine", "great", "lovely"];
const BAD = ["bad", "poor", "awful", "dull"];
const REST = ["the", "film", "was", "a", "book", ",", "and", "1", "2"];

/** Writes the fixture's BERT of 3 blocks and 3 classes, with a vocabulary, into a folder; `config` changes fields of its config. */
export function writeTinyModel(folder: string, config: Record<string, unknown> = {}): void {
  const from = join(__dirname, "fixtures", "models", "bert");
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(from, "model.safetensors"), join(folder, "model.safetensors"));
  const own = JSON.parse(readFileSync(join(from, "config.json"), "utf8"));
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...own, ...config }, null, 2));
  const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...GOOD, ...BAD, ...REST];
  writeFileSync(join(folder, "vocab.txt"), `${words.join("\n")}\n`);
}

/** Of which kind a table's rows are. */
interface Verdicts {
  /** Names each row's number of three classes. */
  label?: (kind: number) => string;
  /** Parts of a row's text, of four tokens and a half each. */
  clauses?: number;
  /** Say which words are picked. */
  seeds?: string[];
}

/** Writes a table of verdicts. */
export function writeTinyTable(
  path: string,
  rows: number,
  { label = (kind) => ["bad", "mixed", "good"][kind], clauses = 2, seeds = [] }: Verdicts = {},
): void {
  const random = new Random("tinyTable", ...seeds);
  const pick = (words: string[]) => words[random.integer(words.length)];
  const lines = Array.from({ length: rows }, (_, row) => {
    const kind = row % 3;
    const [first, second] = [
      [BAD, BAD],
      [BAD, GOOD],
      [GOOD, GOOD],
    ][kind].map(pick);
    const more = Array.from(
      { length: clauses - 2 },
      (_, i) => `, and ${pick(i % 2 === 0 ? REST : [first, second])} film`,
    );
    return `r${row},"the ${pick(["film", "book"])} was ${first}, and ${second}${more.join("")}",${label(kind)}\n`;
  });
  writeFileSync(path, `id,text,target\n${lines.join("")}`);
}
