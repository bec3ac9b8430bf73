import { csvText } from "../../src/data/csvText";
import { readTable } from "../../src/data/readTable";
import { InputError } from "../../src/errors";
import { Random } from "../../src/random";

/** The intents taken: the most frequent ones of the published train.csv. */
export const INTENTS = 12;
/** Rows of each intent to train on and to validate with; what is left of it goes into the test set. */
export const TRAIN = 50;
export const VALID = 90;

export type TableFile = "train.csv" | "valid.csv" | "test.csv" | "sample_submission.csv" | "test_answers.csv";

/**
 * The table's files by name, made of Banking77's published train.csv and test.csv. Of each intent, the former's first rows are to train
 * on and the next to validate with; what it has left and all rows of the latter make the test set. A text that differs from an earlier one in nothing
 * but case, spaces and punctuation is left out, so that no part holds another's rows.
 */
export async function tableFiles(
  publishedTrain: string,
  publishedTest: string,
): Promise<Record<TableFile, string>> {
  const seen = new Set<string>();
  const training = unseen(await readPublished(publishedTrain), seen);
  const testing = unseen(await readPublished(publishedTest), seen);
  const intents = mostFrequent(
    training.map(({ target }) => target),
    INTENTS,
  );
  const rowsOf = intents.map((intent) => {
    const rows = training.filter(({ target }) => target === intent);
    if (rows.length < TRAIN + VALID)
      throw new InputError(
        `${publishedTrain}: expected ${TRAIN + VALID} rows of ${intent} or more, got ${rows.length}`,
      );
    return rows;
  });

  const train = dealt(
    rowsOf.map((rows) => rows.slice(0, TRAIN)),
    "train",
  );
  const valid = dealt(
    rowsOf.map((rows) => rows.slice(TRAIN, TRAIN + VALID)),
    "valid",
  );
  const test = new Random("banking-intents", "test").shuffle([
    ...rowsOf.flatMap((rows) => rows.slice(TRAIN + VALID)),
    ...testing.filter(({ target }) => intents.includes(target)),
  ]);
  const from = { train: 1, valid: train.length + 1, test: train.length + valid.length + 1 };
  const ids = (rows: Row[], first: number) => rows.map((row, i) => ({ id: `${first + i}`, ...row }));
  const answers = ids(test, from.test);
  const [anyIntent] = [...intents].sort();
  return {
    "train.csv": csv(["id", "text", "target"], ids(train, from.train)),
    "valid.csv": csv(["id", "text", "target"], ids(valid, from.valid)),
    "test.csv": csv(["id", "text"], answers),
    "sample_submission.csv": csv(
      ["id", "target"],
      answers.map(({ id }) => ({ id, target: anyIntent })),
    ),
    "test_answers.csv": csv(["id", "target"], answers),
  };
}

interface Row {
  text: string;
  target: string;
}

async function readPublished(path: string): Promise<Row[]> {
  const { columns, rows } = await readTable(path);
  if (!columns.includes("text") || !columns.includes("category"))
    throw new InputError(
      `${path}: expected Banking77's columns text and category, got ${columns.join(", ")}`,
    );
  return rows.map(({ text, category }) => ({ text, target: category }));
}

/** The rows whose text is not in `seen`, to which they are added, case, spaces and punctuation set aside. */
function unseen(rows: Row[], seen: Set<string>): Row[] {
  return rows.filter(({ text }) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const key = words.join(" ");
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** The values that occur most, the most frequent first; of equals the one that comes first. */
function mostFrequent(values: string[], count: number): string[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!).slice(0, count);
}

/** One row of each intent after another, in an order drawn for each round: the first rows are as balanced as all are. */
function dealt(rowsOf: Row[][], part: string): Row[] {
  const random = new Random("banking-intents", part);
  return rowsOf[0].flatMap((_, round) => random.shuffle(rowsOf.map((rows) => rows[round])));
}

const csv = <Name extends string>(columns: Name[], rows: Record<Name, string>[]): string =>
  csvText([columns, ...rows.map((row) => columns.map((name) => row[name]))]);
