import type { ImageRows } from "../data/imageFolder";
import type { TextDataset } from "../data/textDataset";
import type { TokenTexts } from "../data/tokenDataset";
import { statIfThere } from "../files/statIfThere";

/** What an option names: the rows of a table, or the images of a folder. */
export type Rows = TextDataset | TokenTexts | ImageRows;

export const areImages = (rows: Rows): rows is ImageRows => "paths" in rows;

export const areWords = (rows: Rows): rows is TokenTexts => "words" in rows;

export const countOf = (rows: Rows): number => (areImages(rows) ? rows.paths : rows.texts).length;

/** Whether what was named are images: one folder. Where nothing is, the reader of tables says what is wrong. */
export const isFolder = (paths: readonly string[]): boolean =>
  paths.length === 1 && (statIfThere(paths[0])?.isDirectory() ?? false);
