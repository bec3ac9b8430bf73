import { makeRows, type Row } from "./makeRows";
import { train } from "./words/train";
import { valid } from "./words/valid";

/** The three files of the table by name. The ids run on from one to the next; test.csv has no target. */
export function tableFiles(): Record<"train.csv" | "valid.csv" | "test.csv", string> {
  const taken = new Set<string>();
  return {
    "train.csv": csv(makeRows(train, "train", 1500, taken), 1, true),
    "valid.csv": csv(makeRows(valid, "valid", 500, taken), 1501, true),
    "test.csv": csv(makeRows(valid, "test", 300, taken), 2001, false),
  };
}

function csv(rows: Row[], firstId: number, labelled: boolean): string {
  const lines = rows.map(({ text, target }, i) => `${firstId + i},"${text}"${labelled ? `,${target}` : ""}`);
  return `${[labelled ? "id,text,target" : "id,text", ...lines].join("\n")}\n`;
}
