import { Random } from "../../src/random";
import type { TrialRecord } from "../../src/sweep/record";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";

interface Shape {
  depths?: number[];
  seeds?: number[];
  strategies?: string[];
  epochs?: number;
}

/**
 * Records as a sweep over a small BERT might write them: accuracy flat, then falling as the last blocks freeze; seconds and
 * memory falling with N; chance between seeds.
 */
export function fakeRecords(shape: Shape = {}): TrialRecord[] {
  const {
    depths = [-1, 0, 1, 2, 3, 4, 5, 6],
    seeds = [0, 1, 2],
    strategies = ["freeze"],
    epochs = 3,
  } = shape;
  const deepest = Math.max(...depths);
  return strategies.flatMap((strategy) =>
    depths.flatMap((n) =>
      seeds.map((seed) => fakeTrial(strategy, n, seed, 1 - (n + 1) / (deepest + 2), epochs)),
    ),
  );
}

function fakeTrial(strategy: string, n: number, seed: number, trained: number, epochs: number): TrialRecord {
  const random = new Random(strategy, n, seed);
  const ceiling = 0.84 - 0.16 * (1 - trained) ** 3 + 0.004 * random.normal();
  const curve = Array.from({ length: epochs }, (_, e) => {
    const learnt = 1 - 0.5 * Math.exp(-e * (0.6 + trained));
    const accuracy = 0.5 + (ceiling - 0.5) * learnt;
    return fakeEpoch({
      epoch: e + 1,
      trainLoss: 0.75 - 0.5 * learnt * (0.4 + 0.6 * trained) + 0.01 * random.normal(),
      validLoss: 0.72 - 0.4 * learnt * (0.6 + 0.4 * trained) + 0.01 * random.normal(),
      metrics: { accuracy, f1: accuracy - 0.02, rmse: 1.3 - accuracy },
      trainSeconds: 2 + 9 * trained + 0.1 * random.uniform(),
      evalSeconds: 0.6 + 0.8 * trained,
    });
  });
  return fakeRecord({
    strategy,
    n,
    seed,
    accuracy: curve[epochs - 1].metrics.accuracy,
    epochs: curve,
    frozenSeconds: n === -1 ? 0 : 1.2 + 0.5 * n,
    peakTensorBytes: Math.round(1e6 * (90 + 310 * trained)),
    trainableParameters: n === -1 ? 11_171_074 : 66_306 + Math.round(trained * 3_291_136),
    totalParameters: 11_171_074,
  });
}
