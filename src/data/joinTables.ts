import { InputError } from "../errors";
import { someOf } from "../text/someOf";
import type { Table } from "./readTable";

/**
 * Tables of the same columns one below the other, the columns in the order of the first one.
 *
 * @throws InputError naming the columns that a table has and the first has not, and the other way round
 */
export function joinTables(tables: readonly Table[]): Table {
  const [first, ...others] = tables;
  if (others.length === 0) return first;
  for (const other of others) {
    const lacks = listOf(first.columns.filter((name) => !other.columns.includes(name)));
    const more = listOf(other.columns.filter((name) => !first.columns.includes(name)));
    if (lacks || more)
      throw new InputError(
        `${other.path}: expected the columns of ${first.path}, got a table ${[
          lacks && `without ${lacks}`,
          more && `with ${more} besides`,
        ]
          .filter(Boolean)
          .join(" and ")}; files that are read together have the same columns`,
      );
  }
  return {
    path: tables.map(({ path }) => path).join(", "),
    files: tables.map(({ path, rows }) => ({ path, rows: rows.length })),
    columns: first.columns,
    rows: tables.flatMap(({ rows }) => rows),
  };
}

const listOf = (names: string[]): string =>
  someOf(
    names.map((name) => JSON.stringify(name)),
    5,
  );
