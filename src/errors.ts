/** Whatever frostkit itself says is wrong: one line with what was expected, what came and what to do. */
export class FrostError extends Error {
  override name = "FrostError";
}

/** What the caller handed in is at fault: a file, a column, an option. The command line answers with exit code 2. */
export class InputError extends FrostError {
  override name = "InputError";
}
