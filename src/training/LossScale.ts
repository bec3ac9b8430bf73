/** As torch.amp.GradScaler has them. */
const START = 2 ** 16;
const GROWTH = 2;
const BACKOFF = 0.5;
const INTERVAL = 2000;

/** Gradients that overflow float16 even at a smaller scale diverge: float16's smallest normal number. */
const LEAST = 2 ** -14;

/**
 * Factor of the loss in float16, so that small gradients do not underflow (Micikevicius et al. 2018); gradients are divided by it
 * again. It doubles after 2000 steps in a row with finite gradients, and halves after a step without, whose update is left out.
 */
export class LossScale {
  #value = START;
  #good = 0;

  /** The scale, and steps in a row with finite gradients. */
  get state(): { value: number; good: number } {
    return { value: this.#value, good: this.#good };
  }

  restore({ value, good }: { value: number; good: number }): void {
    this.#value = value;
    this.#good = good;
  }

  get value(): number {
    return this.#value;
  }

  /** Whether a smaller scale would not help. */
  get exhausted(): boolean {
    return this.#value < LEAST;
  }

  /** Adjusts the scale after a step. `finite`: whether all its gradients were. */
  update(finite: boolean): void {
    if (!finite) {
      this.#good = 0;
      this.#value *= BACKOFF;
    } else if (++this.#good === INTERVAL) {
      this.#good = 0;
      this.#value *= GROWTH;
    }
  }
}
