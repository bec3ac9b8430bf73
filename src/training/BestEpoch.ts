import type { Classifier } from "../models/Classifier";
import type { Parameter, Snapshot } from "../nn/Parameter";
import { type MetricChoice, metricName } from "./CustomMetric";
import type { EpochRecord, EvaluationRecord } from "./events";
import { isLowerBetter } from "./isLowerBetter";

/** Finds the best epoch or evaluation and, where it is to be restored, holds a copy of its weights until `dispose()`. */
export class BestEpoch {
  /** 0 before the first, a fraction for an evaluation within an epoch. */
  epoch = 0;
  #value = Number.NaN;
  #snapshots = new Map<Parameter, Snapshot>();

  constructor(
    private readonly model: Classifier,
    private readonly settings: { metric: MetricChoice; restoreBest: boolean; earlyStopping?: number },
  ) {}

  take(record: EpochRecord | EvaluationRecord): void {
    const { metric, restoreBest, earlyStopping } = this.settings;
    if (!restoreBest && earlyStopping === undefined) return;
    const value = (metric === "loss" ? record.validLoss : record.metrics[metricName(metric)]) ?? Number.NaN;
    const better = isLowerBetter(metric) ? value < this.#value : value > this.#value;
    // What is no number is less than any that is.
    const isFirst = this.epoch === 0 || (Number.isNaN(this.#value) && !Number.isNaN(value));
    if (!isFirst && !better) return;
    this.epoch = record.epoch;
    this.#value = value;
    if (!restoreBest) return;
    this.dispose();
    for (const [, parameter] of [...this.model.namedParameters(), ...this.model.namedBuffers()])
      this.#snapshots.set(parameter, parameter.snapshot());
  }

  /** Whether it holds copies to be restored. */
  get restores(): boolean {
    return this.settings.restoreBest;
  }

  /** What the best epoch was judged by. */
  get value(): number {
    return this.#value;
  }

  /** The copies of the best epoch's weights; they stay its own. */
  get snapshots(): ReadonlyMap<Parameter, Snapshot> {
    return this.#snapshots;
  }

  /** Goes on from the best epoch of an earlier run; takes ownership of the copies. */
  resume(epoch: number, value: number, snapshots: Map<Parameter, Snapshot>): void {
    this.dispose();
    this.epoch = epoch;
    this.#value = value;
    this.#snapshots = snapshots;
  }

  /** Puts the best epoch's weights back into the model. */
  restore(): void {
    for (const [parameter, snapshot] of this.#snapshots) parameter.restore(snapshot);
  }

  dispose(): void {
    for (const snapshot of this.#snapshots.values()) snapshot.dispose();
    this.#snapshots.clear();
  }
}
