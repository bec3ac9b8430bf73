import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../src/random";
import { folder } from "./frostkit";

const GOOD = ["good", "fine", "great", "lovely"];
const BAD = ["bad", "poor", "awful", "dull"];
const REST = ["the", "film", "was", "a", "book", ",", "and", "1", "2"];

/** The fixture's BERT of 3 blocks and 3 classes, with a vocabulary: a folder named as given. */
export function tinyModel(name: string): string {
  const from = join(__dirname, "..", "fixtures", "models", "bert");
  mkdirSync(join(folder, name), { recursive: true });
  for (const file of ["config.json", "model.safetensors"])
    copyFileSync(join(from, file), join(folder, name, file));
  const words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...GOOD, ...BAD, ...REST];
  writeFileSync(join(folder, name, "vocab.txt"), `${words.join("\n")}\n`);
  return name;
}

/** A table of short verdicts, `label` named by each row's number of three classes: a file named as given. */
export function tinyTable(
  name: string,
  rows: number,
  label = (kind: number) => ["bad", "mixed", "good"][kind],
): string {
  const random = new Random("tinyTable", name);
  const pick = (words: string[]) => words[random.integer(words.length)];
  const lines = Array.from({ length: rows }, (_, row) => {
    const kind = row % 3;
    const [first, second] = [
      [BAD, BAD],
      [BAD, GOOD],
      [GOOD, GOOD],
    ][kind].map(pick);
    return `r${row},"the ${pick(["film", "book"])} was ${first}, and ${second}",${label(kind)}\n`;
  });
  writeFileSync(join(folder, name), `id,text,target\n${lines.join("")}`);
  return name;
}
