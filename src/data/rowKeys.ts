/**
 * What tells rows apart where that is not what a model reads of them: of a text that was cut a hash of all of it, of an image that of its
 * file, which is shorter than its pixels. Rows made by hand have none.
 */
export const rowKeys = new WeakMap<ArrayLike<number>, string>();
