import * as tf from "@tensorflow/tfjs-core";
import { cutBatch } from "../data/cutBatch";
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
import type { Cut, FailedStep, Objective, Part } from "./TrainingLoop";
import { parameterNotFinite } from "./whyNotFinite";

type Batch = ReturnType<TextRows["batch"]>;

/** Which of a batch's tokens are to be predicted, and what they were. */
type Chosen = Pick<Masked, "places" | "words">;

/** Consecutive rows of a batch that is masked already. */
function partOf(batch: Batch, { places, words }: Chosen, rows: Int32Array): { batch: Batch } & Chosen {
  const { sequenceLength, lengths } = batch;
  const [from, to] = [rows[0] * sequenceLength, (rows[0] + rows.length) * sequenceLength];
  const of = (numbers: Int32Array) => numbers.subarray(from, to);
  const inside = Array.from(places, (place, i) => [place, words[i]]).filter(
    ([place]) => from <= place && place < to,
  );
  return {
    batch: {
      batchSize: rows.length,
      sequenceLength,
      lengths: lengths.subarray(rows[0], rows[0] + rows.length),
      inputIds: of(batch.inputIds),
      attentionMask: of(batch.attentionMask),
      tokenTypeIds: of(batch.tokenTypeIds),
    },
    places: Int32Array.from(inside, ([place]) => place - from),
    words: Int32Array.from(inside, ([, word]) => word),
  };
}

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

  epoch(): (batches: Int32Array[], next: Int32Array[], step: number) => Promise<Cut> {
    const { seed, gradientAccumulation } = this.settings;
    return async (batches, _next, step) => {
      const masked = batches.map((numbers, part) => {
        const drawn = (step - 1) * gradientAccumulation + part;
        const batch = this.rows.batch(numbers);
        const { inputIds, ...chosen } = this.#mask(batch, drawn);
        return { batch: { ...batch, inputIds }, chosen, seed: [seed, "adapt", drawn + 1] };
      });
      return (rows) =>
        masked.flatMap(({ batch, chosen, seed }) => {
          const all = Int32Array.from(batch.lengths, (_, row) => row);
          return cutBatch(all, rows).flatMap((cut, i, { length }): Part[] => {
            const part = length === 1 ? { batch, ...chosen } : partOf(batch, chosen, cut);
            if (part.places.length === 0) return [];
            return [
              {
                rows: cut.length,
                weight: part.places.length,
                seed: length === 1 ? seed : [...seed, i],
                // How many words are masked is another number nearly each time, and with it the shapes.
                arrays: null,
                form: "",
                forward: (pass, total) => this.#forward(pass, part.batch, part, total),
              },
            ];
          });
        });
    };
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
    { places, words }: Chosen,
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
