/**
 * What people read where a model reads tokens or pixels: of a text all of it, the second of a pair behind a line break, of an image the path of
 * its file. Rows made by hand have none.
 */
export const rowTexts = new WeakMap<ArrayLike<number>, string>();
