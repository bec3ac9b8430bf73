import { extname } from "node:path";

/** Whether a file's name has one of these endings, in whatever case. */
export const hasEnding = (path: string, some: readonly string[]): boolean =>
  some.includes(extname(path).toLowerCase());
