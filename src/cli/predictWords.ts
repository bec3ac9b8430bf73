import type { Command } from "commander";
import { checkReplaceableTable } from "../data/checkReplaceableTable";
import { csvText } from "../data/csvText";
import type { Table } from "../data/readTable";
import type { EncodedTokens } from "../data/TokenWindows";
import { replaceFile } from "../files/replaceFile";
import type { TokenClassifier } from "../models/TokenClassifier";
import { formatCount } from "../text/numbers";
import { type FoundSpan, predictTokens } from "../training/predictTokens";
import { withBar } from "./Board";
import { checkNoneGiven } from "./checkNoneGiven";
import { encoderOf } from "./encode";
import { note } from "./note";
import type { TextFlags } from "./options";
import { print } from "./print";
import { readWords } from "./readWords";

/**
 * Writes what a model says of the words of each text as a CSV: the id, and as JSON the tags of words that were given as such, or else the parts that were
 * found in a text, by Unicode characters as Python counts them.
 */
export async function predictWords(
  model: TokenClassifier,
  table: Table,
  flags: TextFlags & { out: string; id?: string; label?: string; batchSize: number },
  command: Command,
  { signal, begin }: { signal: AbortSignal; begin: () => void },
): Promise<void> {
  checkNoneGiven(command, ["probabilities", "sample", "pair"], "the model tells words from each other");
  const { trainedOn } = model;
  const id = flags.id ?? (table.columns.includes("id") ? "id" : undefined);
  const rows = readWords(table, command, { id, log: note, usual: trainedOn?.text, labelled: false });
  const label = flags.label ?? trainedOn?.label?.[0] ?? (rows.words ? "ner_tags" : "spans");
  const header = [id ?? "id", label];
  checkReplaceableTable(flags.out, [header], "--out");
  const encode = await encoderOf(model, { ...flags, maxLength: flags.maxLength ?? trainedOn?.maxLength });
  begin();
  const [encoded] = await encode([rows], signal);
  const { tags, spans } = await withBar("predicting", (bar) =>
    predictTokens(model, encoded as EncodedTokens, {
      batchSize: flags.batchSize,
      signal,
      onProgress: (done, total) => bar.count(done, total, "windows"),
    }),
  );
  const lines = rows.texts.map((text, row) => [
    rows.ids?.[row] ?? String(row),
    JSON.stringify(rows.words ? tags[row] : spans[row].map((span) => inCharacters(text, span))),
  ]);
  replaceFile(flags.out, csvText([header, ...lines]));
  print(`${formatCount(rows.texts.length)} rows: ${flags.out}`);
}

const inCharacters = (text: string, { start, end, label, score }: FoundSpan) => {
  const before = [...text.slice(0, start)].length;
  return {
    start: before,
    end: before + [...text.slice(start, end)].length,
    label,
    score: Number(score.toFixed(6)),
  };
};
