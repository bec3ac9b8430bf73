/** Which files a name promises, by its ending: tables that are read, by their cells or by JSON, others that are not, and images. */
export const endings = {
  cells: [".csv", ".tsv"],
  json: [".jsonl", ".ndjson", ".json"],
  otherTables: [".parquet", ".xlsx", ".xls", ".feather"],
  images: [".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"],
} as const satisfies Record<string, readonly string[]>;
