import { FrostError } from "./freeze";

// Defined in freeze.ts, which may import nothing, so that its FreezeError belongs to the family too.
export { FrostError };

/** What the caller handed in is at fault: a file, a column, an option. The command line answers with exit code 2. */
export class InputError extends FrostError {
  override name = "InputError";
}
