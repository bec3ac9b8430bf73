/**
 * What an example in a doc comment may use without making it: a name, and the line that makes it. The files it reads are those of
 * `standIns.ts`.
 */
export const GIVEN: Readonly<Record<string, string>> = {
  folder: 'const folder = "data/all-MiniLM-L6-v2";',
  table: 'const table = await readTable("train.csv");',
  dataset: 'const dataset = textDataset(await readTable("train.csv"), { label: "target" });',
  tokenizer: 'const tokenizer = await loadTokenizer("data/all-MiniLM-L6-v2");',
  train: "const train = await tokenize(dataset, tokenizer);",
  valid:
    'const valid = await tokenize(textDataset(await readTable("valid.csv"), { label: "target", classes: dataset.labels?.classes }), tokenizer);',
  test: 'const test = await tokenize(textDataset(await readTable("test.csv"), { id: "id" }), tokenizer);',
  model:
    'const model = await AutoModelForSequenceClassification.fromPretrained("data/all-MiniLM-L6-v2", { classes: dataset.labels?.classes });',
  imageModel:
    'const imageModel = await AutoModelForImageClassification.fromPretrained("timm/resnet18.a1_in1k", { classes: ["cat", "dog"] });',
  records: 'const records = latestSweep(readRecords("runs/train/records.jsonl"));',
};

/** The lines that a code needs in front of it, each after those it needs itself. */
export function linesFor(code: string): string[] {
  const lines: string[] = [];
  const add = (text: string) => {
    for (const name of Object.keys(GIVEN))
      if (uses(text, name) && !declares(code, name) && !lines.includes(GIVEN[name])) {
        if (text === GIVEN[name]) continue;
        add(GIVEN[name]);
        lines.push(GIVEN[name]);
      }
  };
  add(code);
  return lines;
}

/** Whether a name stands in a code as a name of its own: not as a property, a key or part of a text. */
export const uses = (code: string, name: string): boolean =>
  new RegExp(`(?<![\\w.$])${name}(?![\\w$]|\\s*:(?!:))`).test(withoutTexts(code));

export const declares = (code: string, name: string): boolean =>
  new RegExp(
    `\\b(?:const|let|var|function|class)\\s+(?:${name}\\b|[{[][^=]*\\b${name}\\b[^=]*[}\\]]\\s*=)`,
  ).test(code);

/** Texts, comments and regular expressions hold words that are no names. */
const withoutTexts = (code: string): string =>
  code.replace(/\/\/.*$/gm, "").replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
