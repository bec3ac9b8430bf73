import type * as tf from "@tensorflow/tfjs-core";
import { firstNotFinite } from "../check";
import { cutBatch } from "../data/cutBatch";
import { labelWidth } from "../data/labelWidth";
import type { LabelledRows, Rows } from "../data/Rows";
import { FrostError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import type { FineTuneSettings } from "./FineTuneOptions";
import { arraysOfRows, FROM_ROWS, forwardRows, type Start } from "./forwardRows";
import { type Loss, lossOf } from "./loss";
import type { Cut, FailedStep, Objective, Part } from "./TrainingLoop";
import { whyNotFinite } from "./whyNotFinite";

/** The step, from 1 over all epochs, at which a loss or gradient was no number; kept apart, so that the error prints as any other. */
const stepsNotFinite = new WeakMap<object, number>();

/** The step of an error that says so; undefined of any other. */
export const stepNotFinite = (error: unknown): number | undefined =>
  typeof error === "object" && error !== null ? stepsNotFinite.get(error) : undefined;

/** Trains a model to predict the labels of rows. */
export class LabelledObjective implements Objective {
  /** Where the forwards of the next epoch start; rows that vary have no features to start from. */
  start: Start = FROM_ROWS;
  #loss: Loss;
  /** What the last step read: the rows, or views of them. */
  #read: Rows;

  constructor(
    private readonly model: Classifier,
    readonly rows: LabelledRows,
    private readonly settings: FineTuneSettings,
  ) {
    this.#loss = lossOf(rows.labels, settings);
    this.#read = rows;
  }

  epoch(epoch: number): (batches: Int32Array[], next: Int32Array[], step: number) => Promise<Cut> {
    const { seed } = this.settings;
    const rowsOf = this.rows.epoch({ seed, epoch });
    const start = this.rows.varies ? FROM_ROWS : this.start;
    return async (batches, next, step) => {
      const read = await rowsOf(batches, next);
      this.#read = read;
      const partOf = (batch: Int32Array, part: number): Part => ({
        rows: batch.length,
        weight: this.#loss.weight(read.targets(batch)),
        seed: [seed, epoch, step, part],
        form: `from ${start.from}`,
        arrays: (total) => ({
          ...arraysOfRows(this.model, read, batch, start),
          ...this.#loss.arrays(read.targets(batch), total),
        }),
        forward: (pass, total) =>
          forwardRows(this.model, read, batch, start, pass, (logits) =>
            this.#loss.forward(pass, logits, read.targets(batch), total),
          ),
      });
      return (rows) => batches.flatMap((batch) => cutBatch(batch, rows)).map(partOf);
    };
  }

  async notFinite(failed: FailedStep): Promise<FrostError> {
    const { epoch, step, loss, gradNorm, learningRate, rows } = failed;
    const { cause, advice } = await this.#why(failed);
    const error = new FrostError(
      `training stopped at step ${step} of epoch ${epoch}: expected a finite loss and gradient, got loss ${loss}, gradient norm ${gradNorm}${cause === null ? "" : `, since ${cause}`}, at learning rate ${learningRate}, rows ${rows.join(", ")}; ${advice}`,
    );
    stepsNotFinite.set(error, step);
    return error;
  }

  async #why({ step, rows, gradients }: FailedStep): Promise<{ cause: string | null; advice: string }> {
    const { labels } = this.rows;
    const { precision } = this.settings;
    const why = await whyNotFinite(this.model, this.#read, rows, precision);
    // No parameter is updated by a gradient that is not finite, so such a number came with the model; statistics follow what came in.
    if (why?.startsWith("the parameter"))
      return { cause: why, advice: "try a model whose weights are finite" };
    if (why?.startsWith("the running statistic"))
      return { cause: why, advice: "try a lower learning rate, or another checkpoint" };
    const large =
      labels.problemType === "regression" ? tooLarge(labels.values, labelWidth(labels), rows) : null;
    if (large !== null) return { cause: `${large} is beyond what float32 holds`, advice: "scale the labels" };
    const cause = why ?? (await gradientNotFinite(gradients));
    // At the first step nothing has been learned yet, at whatever rate.
    const advice =
      precision === "fp16"
        ? "try precision bf16 or fp32, a lower learning rate or look at these rows"
        : `try ${step === 1 ? "another checkpoint" : "a lower learning rate"} or look at these rows`;
    return { cause, advice };
  }
}

/** The first label whose square is no finite float32, in words. */
function tooLarge(values: Float32Array, width: number, rows: Int32Array): string | null {
  for (const row of rows) {
    const large = values
      .subarray(row * width, (row + 1) * width)
      .find((value) => !Number.isFinite(Math.fround(value ** 2)));
    if (large !== undefined) return `the square of row ${row}'s label ${large}`;
  }
  return null;
}

async function gradientNotFinite(gradients: ReadonlyMap<Parameter, tf.Tensor>): Promise<string | null> {
  for (const [{ name }, gradient] of gradients)
    if (firstNotFinite((await gradient.data()) as Float32Array) >= 0)
      return `the gradient of ${name} is not finite`;
  return null;
}
