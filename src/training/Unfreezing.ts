import { checkInteger } from "../check";
import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";

/**
 * Gradual unfreezing. "gradual" trains the head alone in the first epoch and ends with everything, one block more each epoch where
 * there are epochs enough (Howard and Ruder 2018), else several at once. A list gives each epoch's N, as `topNLayerFreeze` takes it,
 * -1 for nothing frozen; its last one stays, and there are no more than epochs.
 */
export type Unfreeze = "gradual" | readonly number[];

/** N of each epoch. */
export function unfreezeSchedule(unfreeze: Unfreeze, epochs: number, depth: number): number[] {
  if (typeof unfreeze === "string") {
    if (unfreeze !== "gradual")
      throw new InputError(`unfreeze: expected "gradual" or the N of each epoch, got ${unfreeze}`);
    if (epochs < 2)
      throw new InputError(
        `unfreeze: "gradual" needs 2 epochs or more to thaw from one to the next, got ${epochs}`,
      );
    // From all blocks frozen, N = depth, to none and the embeddings thawed, N = -1.
    const stride = Math.max(1, (depth + 1) / (epochs - 1));
    return Array.from({ length: epochs }, (_, i) => Math.max(-1, Math.round(depth - i * stride)));
  }
  if (!Array.isArray(unfreeze) || unfreeze.length === 0)
    throw new InputError(
      `unfreeze: expected "gradual" or the N of each epoch, got ${JSON.stringify(unfreeze)}`,
    );
  for (const n of unfreeze as number[]) checkInteger("unfreeze", n, -1, depth);
  if (unfreeze.length > epochs)
    throw new InputError(
      `unfreeze: expected at most ${epochs} N, one for each epoch, got ${unfreeze.length}: ${unfreeze.join(", ")}; the last would never be reached, so train for ${unfreeze.length} epochs or leave some out`,
    );
  return Array.from({ length: epochs }, (_, i) => unfreeze[Math.min(i, unfreeze.length - 1)]);
}

/**
 * Sets the flags of each epoch. Parameters that are frozen at the beginning stay frozen: those that are trainable now, or of these names,
 * are the others.
 */
export class Unfreezing {
  #trainable: Parameter[];
  #schedule: number[];

  constructor(
    private readonly model: Classifier,
    unfreeze: Unfreeze,
    epochs: number,
    trainable?: readonly string[],
  ) {
    this.#schedule = unfreezeSchedule(unfreeze, epochs, model.depth);
    const names = trainable && new Set(trainable);
    this.#trainable = model
      .namedParameters()
      .flatMap(([name, parameter]) => ((names?.has(name) ?? parameter.requiresGrad) ? parameter : []));
  }

  /** `epoch` counts from 1. */
  begin(epoch: number): void {
    const frozen = new Set(
      this.model.stages.slice(0, this.#schedule[epoch - 1] + 1).flatMap((stage) => stage.parameters),
    );
    for (const parameter of this.#trainable) parameter.requiresGrad = !frozen.has(parameter);
  }

  /** Flags as they were before the first epoch. */
  restore(): void {
    for (const parameter of this.#trainable) parameter.requiresGrad = true;
  }
}
