const cells = [".csv", ".tsv"] as const;

/**
 * Which files a name promises, by its ending: tables that are read, by their cells, by JSON or as Parquet; all that can be nothing but a table, read
 * or not, as a .json can; and images.
 */
export const endings = {
  cells,
  json: [".jsonl", ".ndjson", ".json"],
  parquet: [".parquet"],
  tables: [...cells, ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls", ".feather"],
  images: [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"],
} as const satisfies Record<string, readonly string[]>;
