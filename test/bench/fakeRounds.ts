import type { Figures, Rounds, Trial } from "./contest";

/** Rounds of both sides with these seconds each. */
export const fakeRounds = (kit: number[], peer: number[] = []): Rounds => ({
  kit: kit.map((seconds) => ({ seconds: [seconds] })),
  peer: peer.map((seconds) => ({ seconds: [seconds] })),
});

/** A round of a sweep N = 0, 1, …, from the accuracy and the seconds of each trial. */
export const fakeSweep = (accuracies: number[], seconds: number[] = accuracies.map(() => 1)): Figures => ({
  trials: accuracies.map((accuracy, n): Trial => ({ n, accuracy, seconds: seconds[n] })),
  rows: [6090, 1523],
});
