/** How JSON, which has no word for them, writes numbers that are not finite. */
const FIELD = "$number";

/** Plain data as JSON that reads back as it was: with NaN and infinity, which JSON.stringify turns into null. */
export const toExactJson = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    typeof each === "number" && !Number.isFinite(each) ? { [FIELD]: String(each) } : each,
  );

/** The data that `toExactJson` wrote. */
export const fromExactJson = (text: string): unknown =>
  JSON.parse(text, (_, each) =>
    typeof each === "object" && each !== null && Object.hasOwn(each, FIELD) ? Number(each[FIELD]) : each,
  );
