import type { TrialRecord } from "../../src/sweep/record";

/** A record with plausible values in every field, and those given. Its trial is named after strategy, n and seed. */
export function fakeRecord(given: Partial<TrialRecord> = {}): TrialRecord {
  const { strategy = "freeze", n = 0, seed = 0, accuracy = 0.8 } = given;
  return {
    trial: `${strategy} n=${n} seed=${seed}`,
    strategy,
    n,
    seed,
    engine: "onnxruntime",
    engineReason: "no TensorFlow found",
    precision: "fp32",
    accuracy,
    frozenSeconds: 1,
    epochs: [fakeEpoch({ metrics: accuracy === null ? {} : { accuracy } })],
    peakTensorBytes: 100_000_000,
    peakRssBytes: 900_000_000,
    trainableParameters: 1_000_000,
    totalParameters: 11_000_000,
    trainRows: 1600,
    validRows: 400,
    modelHash: "3f1c9a",
    dataHash: "b82e07",
    versions: { frostkit: "0.1.0", node: "22.11.0" },
    ...given,
  };
}

export function fakeEpoch(given: Partial<TrialRecord["epochs"][number]> = {}): TrialRecord["epochs"][number] {
  return { epoch: 1, trainLoss: 0.6, validLoss: 0.5, metrics: {}, trainSeconds: 8, evalSeconds: 2, ...given };
}
