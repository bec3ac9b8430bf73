import { existsSync } from "node:fs";
import { join } from "node:path";
import { endings } from "../files/endings";
import { entriesIn } from "../files/entriesIn";
import { hasEnding } from "../files/hasEnding";
import { recordsName } from "../files/recordsName";
import { someOf } from "../text/someOf";
import { configFile, listNames } from "./modelFiles";

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
  const tables = names.filter((name) => hasEnding(name, endings.tables));
  if (tables.length > 0) return `a folder of tables, ${someOf(tables.sort(), 3)}`;
  const near = names.filter((name) => name.endsWith("/")).flatMap((name) => entriesIn(join(folder, name)));
  const files = [...names, ...near.map(({ name }) => name)];
  return files.some((name) => hasEnding(name, endings.images)) ? "a folder of images" : null;
}
