/** As torch.amp.GradScaler has them. */
const START = 2 ** 16;
const GROWTH = 2;
const BACKOFF = 0.5;
const INTERVAL = 2000;

/** Below float16's smallest normal number: gradients that overflow even so are not too large for their type, they diverge. */
const LEAST = 2 ** -14;

/**
 * What the loss is multiplied by before its gradients are taken in float16, so that small ones do not vanish (Micikevicius et al.
 * 2018), and they are divided by afterwards. It doubles after 2000 steps in a row whose gradients were finite, and halves after one
 * whose were not, which is left out.
 */
export class LossScale {
  #value = START;
  #good = 0;

  get value(): number {
    return this.#value;
  }

  /** Whether it has become so small that smaller would not help. */
  get exhausted(): boolean {
    return this.#value < LEAST;
  }

  /** Takes what became of a step: whether its gradients were all finite. */
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
