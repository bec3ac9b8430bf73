/** The file of a sweep's records in its folder, which tells such a folder from others. */
export const recordsName = "records.jsonl";
