import type { FineTuneOptions } from "../training/FineTuneOptions";

/** How each trial of a sweep trains: `fineTune`'s options as far as they are plain JSON. */
export type TrialSettings = Omit<FineTuneOptions, "seed" | "signal" | "features">;

/** One training of a sweep, as plain JSON: it can be written down, sent to another process and run there. */
export interface Trial {
  /** Names it within its sweep. */
  trial: string;
  strategy: "freeze";
  /** Frozen blocks besides the embeddings; 0 is the embeddings alone, -1 nothing at all. */
  n: number;
  seed: number;
  settings: TrialSettings;
}

/** The trials of a sweep: depths rising, so that the frozen features of one serve the next; all seeds of a depth together. */
export function trials(
  depths: readonly number[],
  seeds: readonly number[],
  settings: TrialSettings,
): Trial[] {
  return [...depths]
    .sort((a, b) => a - b)
    .flatMap((n) =>
      seeds.map((seed) => ({
        trial: `freeze n=${n} seed=${seed}`,
        strategy: "freeze" as const,
        n,
        seed,
        settings,
      })),
    );
}
