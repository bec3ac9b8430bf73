import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { recordsName } from "../files/recordsName";
import { someOf } from "../text/someOf";
import { configFile, listNames } from "./modelFiles";

const TABLES = [".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".xlsx"];
const IMAGES = [".jpg", ".jpeg", ".png", ".webp"];

/**
 * What a folder is that was named in place of another, as an error goes on: "a sweep's folder, which holds records and no weights". Null
 * where that cannot be told.
 */
export function folderKind(folder: string): string | null {
  if (existsSync(join(folder, configFile))) return "a model's folder";
  const names = listNames(folder);
  if (names.includes(recordsName)) return "a sweep's folder, which holds records and no weights";
  if (names.includes("adapter_config.json"))
    return "an adapter of PEFT without its model (merge_and_unload in Python makes one of both)";
  const ofType = (all: string[], endings: string[]) =>
    all.filter((name) => endings.includes(extname(name).toLowerCase()));
  const tables = ofType(names, TABLES);
  if (tables.length > 0) return `a folder of tables, ${someOf(tables.sort(), 3)}`;
  const near = names.filter((name) => name.endsWith("/")).flatMap((name) => readable(join(folder, name)));
  if (ofType([...names, ...near], IMAGES).length > 0) return "a folder of images";
  return null;
}

/** What cannot be looked into holds nothing. */
function readable(folder: string): string[] {
  try {
    return listNames(folder);
  } catch {
    return [];
  }
}
