import * as tf from "@tensorflow/tfjs-core";
import { checkInteger } from "../check";
import { openCheckpoint } from "../checkpoint/openCheckpoint";
import { batchRows } from "../data/batches";
import { TextRows } from "../data/TextRows";
import type { EncodedDataset } from "../data/tokenize";
import { FrostError, InputError } from "../errors";
import { type MaskedLmHead, maskedLmHead } from "../models/maskedLmHead";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import type { TextBatch } from "../models/textInputs";
import { columns } from "../nn/columns";
import { softmaxCrossEntropy } from "../nn/loss";
import { Pass, type Value } from "../nn/Pass";
import { runStages } from "../nn/runStages";
import { sumOfSquares } from "../ops/sumOfSquares/sumOfSquares";
import { type ReadOptions, readOptions } from "../options/readOptions";
import type { OPTIONS } from "../options/table";
import { Random } from "../random";
import { AdamW } from "./AdamW";
import { type Masked, maskTokens } from "./maskTokens";
import { nextTurn } from "./nextTurn";
import { Run } from "./Run";
import { readRows } from "./readRows";
import { Stoppable } from "./Stoppable";
import { scheduleAt } from "./schedule";
import { parameterNotFinite } from "./whyNotFinite";

/** How an encoder is trained on texts. */
export interface AdaptOptions {
  /** The id of [MASK] or <mask> in the model's vocabulary. */
  maskTokenId: number;
  /**
   * Ids that are never chosen, besides each row's first and last token and padding: separators inside pairs, say. Default: none.
   */
  specialTokenIds?: readonly number[];
  /** How often the texts are gone through. Default: 1. */
  epochs?: number;
  /** Rows a step. Default: 32. */
  batchSize?: number;
  /** Peak learning rate of AdamW; it warms up over a tenth of the steps and falls to 0. Default: 5e-5. */
  learningRate?: number;
  /** Decoupled weight decay. Default: 0.01. */
  weightDecay?: number;
  /** Share of the tokens that are to be told. Default: 0.15. */
  share?: number;
  /** Starts every random draw: order, masks, dropout, and the head where the checkpoint has none. Default: 0. */
  seed?: number;
  /** Stops between two steps. */
  signal?: AbortSignal;
}

/** What `adaptToTexts` tells of itself. */
export type AdaptEvent =
  | { type: "step"; epoch: number; step: number; steps: number; loss: number }
  | { type: "epoch"; epoch: number; trainLoss: number };

/**
 * Trains a BERT's or RoBERTa's encoder on texts without labels, by telling masked words, before it is fine-tuned (task-adaptive
 * pretraining: Gururangan et al. 2020). The head for that comes from the model's checkpoint where it is there, is tied to the word
 * embeddings and gone afterwards; frozen parameters stay as they are.
 *
 * Gives the mean loss of each epoch.
 *
 * @throws InputError for other families
 * @example
 * ```ts
 * const all = textDataset(await readTable("test.csv")); // texts without labels will do
 * await adaptToTexts(model, await tokenize(all, tokenizer), { maskTokenId: 103, epochs: 3 });
 * await fineTune(model, { train, valid });
 * ```
 */
export function adaptToTexts(
  model: SequenceClassifier,
  texts: EncodedDataset,
  options: AdaptOptions,
): Run<AdaptEvent, { losses: number[] }> {
  const settings = readOptions("adaptToTexts", options);
  const stoppable = new Stoppable({ name: "adaptToTexts", signal: settings.signal, trains: model });
  return new Run(adapt(model, texts, { ...settings, signal: stoppable.signal }), stoppable);
}

type Settings = ReadOptions<AdaptOptions, (typeof OPTIONS)["adaptToTexts"]>;

async function* adapt(
  model: SequenceClassifier,
  texts: EncodedDataset,
  options: Settings,
): AsyncGenerator<AdaptEvent, { losses: number[] }> {
  const { epochs, batchSize, learningRate, weightDecay, share, seed, signal } = options;
  readRows("texts", model, texts);
  const rows = new TextRows(texts);
  const vocabSize = model.config.vocab_size as number;
  checkInteger("maskTokenId", options.maskTokenId, 0, vocabSize - 1);
  const checkpoint = openCheckpoint(model.folder);
  let head: MaskedLmHead;
  try {
    head = maskedLmHead(model, checkpoint, seed);
  } finally {
    checkpoint.close();
  }
  const optimizer = new AdamW();
  const steps = epochs * Math.ceil(rows.count / batchSize);
  const losses: number[] = [];
  let step = 0;
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const sum = { loss: 0, words: 0 };
      for (const numbers of batchRows(rows.lengths, { batchSize, shuffle: { seed, epoch } })) {
        if (signal?.aborted) return { losses };
        const batch = rows.batch(numbers);
        const ends = new Set(
          Array.from(batch.lengths).flatMap((length, i) => {
            const start = i * batch.sequenceLength;
            return [start, start + length - 1];
          }),
        );
        const never = new Set(options.specialTokenIds);
        const masked = maskTokens(
          batch.inputIds,
          (place) => batch.attentionMask[place] === 0 || ends.has(place) || never.has(batch.inputIds[place]),
          { maskTokenId: options.maskTokenId, vocabSize, share },
          new Random(seed, "mask", step),
        );
        const factor = scheduleAt("linear", step++, steps, Math.floor(0.1 * steps));
        if (masked.places.length === 0) continue;
        const pass = new Pass({ training: true, recording: true, seed: [seed, "adapt", step] });
        let gradients: ReturnType<Pass["backward"]> = new Map();
        try {
          const value = forward(model, head, { ...batch, inputIds: masked.inputIds }, masked, pass);
          gradients = pass.backward(value);
          const reading = tf.tidy(() => tf.stack([value.tensor, sumOfSquares([...gradients.values()])]));
          value.tensor.dispose();
          const [loss, squares] = await reading.data();
          reading.dispose();
          if (!Number.isFinite(loss) || !Number.isFinite(squares)) {
            const why = await parameterNotFinite(model);
            throw new FrostError(
              `adaptToTexts: expected a finite loss and gradient at step ${step}, got loss ${loss}${why ? `, since ${why}` : ""}; try ${why ? "a model whose weights are finite" : "a lower learning rate"}`,
            );
          }
          const rates = { learningRate: learningRate * factor, weightDecay };
          optimizer.step(gradients, () => rates, Math.min(1, 1 / (Math.sqrt(squares) + 1e-6)));
          sum.loss += loss * masked.places.length;
          sum.words += masked.places.length;
          yield { type: "step", epoch, step, steps, loss };
        } finally {
          pass.dispose();
          for (const gradient of gradients.values()) gradient.dispose();
        }
        await nextTurn();
      }
      if (sum.words === 0)
        throw new InputError("adaptToTexts: expected texts with tokens to mask, got none in any row");
      losses.push(sum.loss / sum.words);
      yield { type: "epoch", epoch, trainLoss: losses[epoch - 1] };
    }
    return { losses };
  } finally {
    optimizer.dispose();
    for (const parameter of head.parameters) parameter.dispose();
  }
}

/** The mean cross-entropy of the chosen words. */
function forward(
  model: SequenceClassifier,
  head: MaskedLmHead,
  batch: TextBatch,
  { places, words }: Masked,
  pass: Pass,
): Value {
  const hidden = model.config.hidden_size as number;
  return runStages(pass, model.stages, model.inputsOf(batch, { everyRow: true }), {
    to: model.stages.length - 1,
    finish: (x) =>
      pass.scope("masked words", () => {
        // A head that reads several layers has the earlier ones' outputs behind the last one's.
        const last = x.tensor.shape[1] === hidden ? x : columns(pass, x, 0, hidden);
        const logits = head.forward(pass, last, tf.tensor1d(places, "int32"));
        const target = tf.oneHot(tf.tensor1d(words, "int32"), logits.tensor.shape[1]!);
        return softmaxCrossEntropy(pass, logits, tf.div(tf.cast(target, "float32"), words.length));
      }),
  });
}
