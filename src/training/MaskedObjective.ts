import * as tf from "@tensorflow/tfjs-core";
import type { TextRows } from "../data/TextRows";
import { FrostError } from "../errors";
import type { MaskedLmHead } from "../models/maskedLmHead";
import type { TextClassifier } from "../models/TextClassifier";
import { softmaxCrossEntropy } from "../nn/loss";
import type { Parameter } from "../nn/Parameter";
import type { Pass, Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { Random } from "../random";
import type { AdaptSettings } from "./adaptToTexts";
import { type Masked, maskTokens } from "./maskTokens";
import type { FailedStep, Objective, Part } from "./TrainingLoop";
import { parameterNotFinite } from "./whyNotFinite";

/** Trains an encoder and a head to predict masked tokens. Texts are masked anew in each epoch, so all stages run at every step. */
export class MaskedObjective implements Objective {
  readonly besides: readonly Parameter[];

  constructor(
    private readonly model: TextClassifier,
    private readonly head: MaskedLmHead,
    readonly rows: TextRows,
    private readonly settings: AdaptSettings,
  ) {
    this.besides = head.parameters;
  }

  epoch(): (batches: Int32Array[], next: Int32Array[], step: number) => Promise<Part[]> {
    const { seed, gradientAccumulation } = this.settings;
    return async (batches, _next, step) =>
      batches.flatMap((numbers, part) => {
        const drawn = (step - 1) * gradientAccumulation + part;
        const batch = this.rows.batch(numbers);
        const masked = this.#mask(batch, drawn);
        if (masked.places.length === 0) return [];
        return {
          weight: masked.places.length,
          seed: [seed, "adapt", drawn + 1],
          // How many words are masked is another number nearly each time, and with it the shapes.
          arrays: null,
          form: "",
          forward: (pass, total) =>
            this.#forward(pass, { ...batch, inputIds: masked.inputIds }, masked, total),
        };
      });
  }

  async notFinite({ step, loss }: FailedStep): Promise<FrostError> {
    const why = await parameterNotFinite(this.model);
    return new FrostError(
      `adaptToTexts: expected a finite loss and gradient at step ${step}, got loss ${loss}${why ? `, since ${why}` : ""}; try ${why ? "a model whose weights are finite" : "a lower learning rate"}`,
    );
  }

  #mask(batch: ReturnType<TextRows["batch"]>, drawn: number): Masked {
    const { seed, maskTokenId, share, specialTokenIds } = this.settings;
    const { inputIds, attentionMask, lengths, sequenceLength } = batch;
    const ends = new Set(
      Array.from(lengths).flatMap((length, i) => {
        const start = i * sequenceLength;
        return [start, start + length - 1];
      }),
    );
    const never = new Set(specialTokenIds);
    return maskTokens(
      inputIds,
      (place) => attentionMask[place] === 0 || ends.has(place) || never.has(inputIds[place]),
      { maskTokenId, vocabSize: this.model.config.vocab_size as number, share },
      new Random(seed, "mask", drawn),
    );
  }

  /** The cross-entropy of the chosen words, summed and divided by `total`. */
  #forward(
    pass: Pass,
    batch: ReturnType<TextRows["batch"]>,
    { places, words }: Masked,
    total: number,
  ): Value {
    const { stages } = this.model;
    return runStages(pass, stages, this.model.inputsOf(batch), {
      everyRow: true,
      to: stages.length - 1,
      finish: (x) =>
        pass.scope("masked words", () => {
          const logits = this.head.forward(pass, x, tf.tensor1d(places, "int32"));
          const target = tf.oneHot(tf.tensor1d(words, "int32"), logits.tensor.shape[1]!);
          return softmaxCrossEntropy(pass, logits, tf.div(tf.cast(target, "float32"), total));
        }),
    });
  }
}
