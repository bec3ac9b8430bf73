import { readTable } from "../../src/data/readTable";
import { takeRows } from "../../src/data/takeRows";
import { type TextDataset, textDataset } from "../../src/data/textDataset";
import { Random } from "../../src/random";
import type { Task } from "./contest";

/**
 * `rows` to train on and `validRows` to judge by, drawn at random by the split's seed: the latter from the table that is named for them,
 * else from the first one's other rows. Each text is taken once, so that both sides share none.
 */
export async function cutTable({
  train,
  valid,
  text,
  label,
  search,
}: Pick<Task, "train" | "valid" | "text" | "label" | "search">): Promise<{
  train: TextDataset;
  valid: TextDataset;
}> {
  const { rows, validRows, split } = search!;
  const log = () => {};
  const whole = textDataset(await readTable(train!), { text, label, log });
  const classes = whole.labels && "classes" in whole.labels ? whole.labels.classes : undefined;
  const order = drawn(whole, split, "cut");
  if (valid === undefined)
    return {
      train: take(whole, order.slice(validRows), rows, `rows to train on besides ${validRows} to judge by`),
      valid: take(whole, order, validRows, "rows to judge by"),
    };
  const other = textDataset(await readTable(valid), { text, label, classes, log });
  const known = new Set(whole.texts);
  const fresh = drawn(other, split, "valid").filter((row) => !known.has(other.texts[row]));
  return {
    train: take(whole, order, rows, "rows to train on"),
    valid: take(other, fresh, validRows, "rows to judge by"),
  };
}

/** Row numbers in an order of the seed's, without those of a text that came before. */
function drawn({ texts }: TextDataset, split: number, what: string): number[] {
  const order = new Random(split, what).shuffle(Int32Array.from(texts, (_, row) => row));
  const seen = new Set<string>();
  return [...order].filter((row) => {
    const isNew = !seen.has(texts[row]);
    seen.add(texts[row]);
    return isNew;
  });
}

function take(dataset: TextDataset, order: number[], count: number, what: string): TextDataset {
  if (order.length < count)
    throw new Error(`${dataset.source}: expected ${count} ${what}, got ${order.length}`);
  return takeRows(
    dataset,
    order.slice(0, count).sort((a, b) => a - b),
  );
}
