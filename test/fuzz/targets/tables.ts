import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { readTable } from "../../../src/data/readTable";
import { textDataset } from "../../../src/data/textDataset";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Target } from "../Target";

const rows = Array.from({ length: 8 }, (_, i) => ({
  id: i,
  text: `text ${i}, "quoted"\nand more é`,
  target: i % 2,
}));
const quoted = (cell: unknown) => `"${String(cell).replaceAll('"', '""')}"`;
const cells = (delimiter: string) =>
  Buffer.from(
    ["id", "text", "target"].join(delimiter) +
      rows.map((row) => `\r\n${Object.values(row).map(quoted).join(delimiter)}`).join(""),
  );
const byColumn = Object.fromEntries(
  (["id", "text", "target"] as const).map((name) => [
    name,
    Object.fromEntries(rows.map((row, i) => [i, row[name]])),
  ]),
);

const fixtures = join(__dirname, "../../fixtures/tables");

const BASES: Record<string, fc.Arbitrary<Buffer>> = {
  "train.csv": mutatedBytes([cells(","), Buffer.concat([Buffer.from("\ufeff"), cells(",")])]),
  "train.tsv": mutatedBytes([cells("\t")]),
  "train.jsonl": mutatedBytes([Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n"))]),
  "train.csv.gz": mutatedBytes([gzipSync(cells(","))]),
  "train.csv.zip": mutatedBytes([readFileSync(join(fixtures, "packed.csv.zip"))]),
  "train.json": mutatedJson([Buffer.from(JSON.stringify(rows)), Buffer.from(JSON.stringify(byColumn))]),
};

export const tableTarget: Target = {
  name: "table",
  cases: fc.oneof(
    ...Object.entries(BASES).map(([name, bytes]) => bytes.map((content) => ({ [name]: content }))),
  ),
  async read(folder) {
    const table = await readTable(join(folder, readdirSync(folder)[0]));
    textDataset(table, { label: "target", log: () => {} });
  },
};

/** Parquet, in every compression and encoding of pages: each is read in a process of its own, so there are fewer of them. */
export const parquetTarget: Target = {
  name: "parquet",
  cases: mutatedBytes(
    ["plain", "snappy", "pages-2", "delta", "nested", "zstd", "lz4", "gzip", "brotli"].map((name) =>
      readFileSync(join(fixtures, `${name}.parquet`)),
    ),
  ).map((content) => ({ "train.parquet": content })),
  async read(folder) {
    await readTable(join(folder, "train.parquet"));
  },
};
