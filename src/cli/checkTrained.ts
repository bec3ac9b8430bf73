import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import { someOf } from "../text/someOf";

/** Throws where the checkpoint brought no head, so that what the model says would be drawn at random. */
export function checkTrained(folder: string, { newlyInitialized }: Classifier): void {
  if (newlyInitialized.length > 0)
    throw new InputError(
      `${folder}: expected a fine-tuned model, got one without ${someOf(newlyInitialized, 3)}, so that predictions would be random; frostkit finetune --save makes one`,
    );
}
