import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../errors";
import { linesOf } from "./linesOf";
import type { Row } from "./readTable";

/** Megabytes that reading a file may take: so many, and so many for each of its own, as it may be packed well. */
const [LEAST, A_MEGABYTE, MOST] = [512, 50, 4096];

/**
 * The rows of a Parquet file, their cells spelled as pandas' `to_csv` spells them. It is read in a process of its own with a bound on its
 * memory, which a file that lies about its sizes cannot take this one with.
 *
 * @throws InputError naming the file, and row and column of a cell that cannot be read
 */
export async function parquetRows(path: string, limit?: number): Promise<{ columns: string[]; rows: Row[] }> {
  const megabytes = Math.ceil(Math.min(MOST, LEAST + (A_MEGABYTE * (await stat(path)).size) / 2 ** 20));
  const script = join(__dirname, `parquetProcess${extname(__filename)}`);
  const loader = script.endsWith(".ts") ? ["--import", pathToFileURL(require.resolve("tsx")).href] : [];
  const child = spawn(
    process.execPath,
    [
      ...loader,
      `--max-old-space-size=${megabytes}`,
      script,
      path,
      ...(limit === undefined ? [] : [`${limit}`]),
    ],
    { stdio: ["ignore", "pipe", "ignore"], windowsHide: true },
  );
  const closed = once(child, "close");
  let columns: string[] = [];
  const rows: Row[] = [];
  try {
    for await (const { line } of linesOf({ path, chunks: () => child.stdout })) {
      const told = JSON.parse(line) as string[] | { columns: string[] } | { error: string };
      if (Array.isArray(told)) rows.push(Object.fromEntries(columns.map((name, i) => [name, told[i]])));
      else if ("columns" in told) columns = told.columns;
      else throw new InputError(told.error);
    }
    const [code] = await closed;
    if (code !== 0)
      throw new InputError(
        `${path}: needs more than ${megabytes} MB of memory to be read; write it in smaller row groups, for instance by ` +
          'pandas.read_parquet(path).to_parquet("table.parquet", row_group_size=10_000)',
      );
  } finally {
    child.kill("SIGKILL");
  }
  return { columns, rows };
}
