import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { frostLine } from "../nn/Stage";

/** Throws where nothing of a model would learn. */
export function checkTrainable({ stages }: Classifier): void {
  if (frostLine(stages) === stages.length)
    throw new InputError(
      "every parameter is frozen, so nothing can be trained: unfreeze some, the head at least",
    );
}
