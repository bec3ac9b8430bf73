import type { SCHEDULES } from "../options/words";

/** How the learning rate falls after the warm-up. */
export type Schedule = (typeof SCHEDULES)[number];

/** A factor of the learning rate at each step, from 0. */
export type Ramp = (step: number) => number;

/**
 * Factor of the learning rate at a step, from 0, of `steps`: it rises from 0 over the first `warmup` steps, then falls to 0 along a
 * line or half a cosine, or stays, as with Transformers' `get_linear_schedule_with_warmup`, `…cosine…` and `…constant…`.
 */
export function scheduleAt(schedule: Schedule | Ramp, step: number, steps: number, warmup: number): number {
  if (typeof schedule === "function") return schedule(step);
  if (step < warmup) return step / Math.max(1, warmup);
  if (schedule === "constant") return 1;
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return schedule === "linear" ? 1 - progress : 0.5 * (1 + Math.cos(Math.PI * progress));
}
