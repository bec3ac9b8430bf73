import type { Figures, Rounds, Trial } from "./contest";

/** Rounds of both sides with these seconds each. */
export const fakeRounds = (kit: number[], peer: number[] = []): Rounds => ({
  kit: kit.map((seconds) => ({ seconds: [seconds] })),
  peer: peer.map((seconds) => ({ seconds: [seconds] })),
});

/** A round of a sweep N = `first`, `first` + 1, …, from the accuracy and the seconds of each trial. */
export const fakeSweep = (
  accuracies: number[],
  seconds: number[] = accuracies.map(() => 1),
  first = 0,
): Figures => ({
  trials: accuracies.map((accuracy, i): Trial => ({ n: first + i, accuracy, seconds: seconds[i] })),
  rows: [6090, 1523],
});
