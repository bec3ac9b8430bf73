import type { Task } from "../contest";
import type { Part } from "../Part";
import { row } from "../row";

const NAME = "tokenize";

/** Tokenizing a table's texts for the first time. */
export const tokenizePart: Part = {
  about:
    "All texts of the table, for the first time: nothing of them is in FROSTKIT_CACHE. PyTorch's side is the Rust tokenizer, on all cores.",
  readsTable: true,
  async measure(bench) {
    const { train, text } = bench.table;
    const task = (): Task => ({ kind: "tokenize", model: bench.mini, train, text, maxLength: 128 });
    return { [NAME]: await bench.contest(NAME, task) };
  },
  rows: ({ [NAME]: rounds }) => {
    const texts = rounds.kit[0].rows![0].toLocaleString("en");
    return [row(`tokenizing ${texts} texts, s`, rounds, ({ seconds }) => seconds![0], { ratioAtMost: 3 })];
  },
};
