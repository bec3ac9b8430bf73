import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";

/** Throws an InputError where a head's last layer cannot, or should not, start from a linear probe. */
export function checkHeadInit(model: Classifier): void {
  const expected = "headInit: expected a head whose last layer was drawn at random and learns";
  const { lastLayer } = model.stages.at(-1)!;
  if (model.perToken)
    throw new InputError(
      `${expected}, got one that tells the label of each token, which no probe is made for; leave headInit out`,
    );
  if (!lastLayer)
    throw new InputError(
      `${expected}, got one that is a function, or that learns how to pool; load the model with head: "mean", or leave headInit out`,
    );
  const drawn = new Set(model.newlyInitialized);
  for (const { name, requiresGrad } of Object.values(lastLayer.layer)) {
    if (!drawn.has(name))
      throw new InputError(
        `${expected}, got the checkpoint's own ${name}, which a probe would replace; leave headInit out`,
      );
    if (!requiresGrad) throw new InputError(`${expected}, got ${name}, which is frozen; unfreeze it`);
  }
}
