import { checkInteger } from "../check";
import { openCheckpoint } from "../checkpoint/openCheckpoint";
import { TextRows } from "../data/TextRows";
import type { EncodedDataset } from "../data/tokenize";
import { checkPrecision } from "../engine/autocast";
import { InputError } from "../errors";
import { type MaskedLmHead, maskedLmHead } from "../models/maskedLmHead";
import type { TextClassifier } from "../models/TextClassifier";
import { checkArguments } from "../options/checkArguments";
import type { FloatTypeName } from "../options/floatType";
import { type ReadOptions, readOptions } from "../options/readOptions";
import type { OPTIONS } from "../options/table";
import { formatCount } from "../text/numbers";
import { visibly } from "../text/visibly";
import { BestEpoch } from "./BestEpoch";
import type { StepEvent } from "./events";
import { learningRates, type ParameterGroup } from "./learningRates";
import { MaskedObjective } from "./MaskedObjective";
import { explainOutOfMemory } from "./outOfMemory";
import { Run } from "./Run";
import { readRows } from "./readRows";
import { runIdentity } from "./runIdentity";
import type { SaveEvery } from "./SavePace";
import { StateKeeper } from "./StateKeeper";
import { Stoppable } from "./Stoppable";
import { type EpochDone, type LoopSettings, TrainingLoop } from "./TrainingLoop";
import { TrainingState } from "./TrainingState";

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
  /** Batches whose gradients make one step. Default: 1. */
  gradientAccumulation?: number;
  /**
   * Rows that go through the model at a time; their gradients are added up to those of the batch, so that a step stays what it
   * is. "auto" finds by trying, before the first step, how many fit into memory. Where memory runs out, half as many go at a time
   * from then on. Default: all of a batch.
   */
  microBatchSize?: number | "auto";
  /**
   * Parameters that learn at a rate or decay of their own. Later groups win over earlier ones, and over layer-wise decay.
   * Default: none.
   */
  parameterGroups?: ParameterGroup[];
  /** Share of the tokens that the model is to predict. Default: 0.15. */
  share?: number;
  /**
   * Of matrix products: "bf16" reads their factors in bfloat16, "fp16" in float16, where training scales the loss so that its
   * gradients fit; both on engine tensorflow. All else is float32, convolutions too. Default: "fp32".
   */
  precision?: FloatTypeName;
  /**
   * Saves of each stage below the head nothing but its input and computes it again in backward: less memory, a forward more a
   * step, the same losses bit for bit. Default: false.
   */
  gradientCheckpointing?: boolean;
  /** Starts every random draw: order, masks, dropout, and the head where the checkpoint has none. Default: 0. */
  seed?: number;
  /** Stops between two steps. */
  signal?: AbortSignal;
  /**
   * A folder for the run's state, from which the same call goes on where a run was stopped or killed, to the same numbers bit for
   * bit on the same engine; a run that has ended gives its weights and result from there. Default: none.
   */
  resume?: string;
  /** Begins anew, whatever state of an earlier run the folder holds. Default: false. */
  restart?: boolean;
  /**
   * How often the state is written within an epoch: every so many steps, or `{ minutes: 10 }`; then at each epoch's end as well.
   * Default: as often as takes at most 2 % of the time.
   */
  saveEvery?: SaveEvery;
  /** Ends it between two steps when so many minutes have passed, as on a machine that will be taken away. Default: no limit. */
  maxMinutes?: number;
  /** Takes a line on what is resumed. Default: console.info. */
  log?: (line: string) => void;
}

/** What happens in an adaptation. */
export type AdaptEvent =
  | StepEvent
  | { type: "epoch"; epoch: number; trainLoss: number }
  | {
      type: "resumed";
      /** After which update, counted from 1 over all epochs. */
      step: number;
      /** Of all epochs. */
      steps: number;
      /** Of the epochs that were done. */
      losses: number[];
    };

/** What an adaptation came to. */
export interface AdaptResult {
  /** The mean loss of each epoch that was gone through. */
  losses: number[];
  /** Updates that the newest state in the folder of `resume` has seen. */
  savedStep?: number;
}

/**
 * Trains an encoder, any but an ELECTRA's, on texts without labels, by masked language modelling, before it is fine-tuned
 * (task-adaptive pretraining: Gururangan et al. 2020). The head that predicts the masked tokens is the checkpoint's where it has
 * one; it is tied to the word embeddings and disposed afterwards. Frozen parameters stay as they are.
 *
 * Gives the mean loss of each epoch. Stopped or killed with `resume`, the same call goes on from there.
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
  model: TextClassifier,
  texts: EncodedDataset,
  options: AdaptOptions,
): Run<AdaptEvent, AdaptResult> {
  const settings = readOptions("adaptToTexts", options);
  checkPrecision(settings.precision);
  checkArguments("adaptToTexts", { model, texts });
  readRows("texts", model, texts);
  learningRates(model, settings); // a group that matches nothing shows before the first step
  checkInteger("maskTokenId", settings.maskTokenId, 0, (model.config.vocab_size as number) - 1);
  const { signal, maxMinutes } = settings;
  const keeps = settings.resume !== undefined;
  const stoppable = new Stoppable({ name: "adaptToTexts", signal, trains: model, maxMinutes, keeps });
  return new Run(adapt(model, new TextRows(texts), { ...settings, signal: stoppable.signal }), stoppable);
}

export type AdaptSettings = ReadOptions<AdaptOptions, (typeof OPTIONS)["adaptToTexts"]>;

async function* adapt(
  model: TextClassifier,
  rows: TextRows,
  settings: AdaptSettings,
): AsyncGenerator<AdaptEvent, AdaptResult> {
  const { seed, epochs, resume } = settings;
  const head = headOf(model, seed);
  const how: LoopSettings = { ...settings, schedule: "linear", warmup: 0.1, maxGradNorm: 1 };
  const loop = new TrainingLoop(model, new MaskedObjective(model, head, rows, settings), how);
  const losses: number[] = [];
  let keeper: StateKeeper<{ losses: number[] }> | null = null;
  let underWay = false;
  try {
    if (resume !== undefined) {
      const state = new TrainingState(model, loop, new BestEpoch(model, NO_BEST), head.parameters);
      keeper = new StateKeeper(resume, settings, state);
      const here = await runIdentity("adaptToTexts", model, { train: rows }, settings, head.parameters);
      const kept = await keeper.begin(here);
      if (kept) {
        losses.push(...kept.run.losses);
        const { step, steps } = loop.progress;
        visibly(settings.log ?? console.info)(
          kept.last
            ? `${resume}: the run has ended already; its weights and losses come from there`
            : `${resume}: goes on after step ${formatCount(step)} of ${formatCount(steps)}`,
        );
        yield { type: "resumed", step, steps, losses: [...losses] };
        if (kept.last) return { losses, savedStep: step };
      }
      keeper.goOn();
    }
    underWay = true;
    if (settings.microBatchSize === "auto" && loop.progress.step === 0) await loop.findMicroBatchSize();
    for (let epoch = losses.length + 1; epoch <= epochs; epoch++) {
      const done = yield* steps(loop, epoch, () => keeper?.afterStep(() => ({ losses })));
      if (!done) break;
      if (done.steps === 0)
        throw new InputError("adaptToTexts: expected texts with tokens to mask, got none in any row");
      losses.push(done.loss);
      yield { type: "epoch", epoch, trainLoss: done.loss };
      if (epoch < epochs) await keeper?.afterEpoch(() => ({ losses }));
    }
    underWay = false;
    await keeper?.save({ losses }, losses.length === epochs);
    const savedStep = keeper?.step ?? null;
    return { losses, ...(savedStep !== null && { savedStep }) };
  } catch (error) {
    underWay = false;
    throw explainOutOfMemory(
      error,
      settings.batchSize,
      [rows],
      settings.gradientAccumulation,
      loop.rowsInVain ?? undefined,
    );
  } finally {
    // Whoever leaves the loop over the events finds the run where it was left.
    if (underWay) await keeper?.save({ losses });
    keeper?.dispose();
    loop.dispose();
    for (const parameter of head.parameters) parameter.dispose();
  }
}

/** No epoch is judged, so none is the best. */
const NO_BEST = { metric: "loss", restoreBest: false };

async function* steps(
  loop: TrainingLoop,
  epoch: number,
  after: () => Promise<void> | undefined,
): AsyncGenerator<StepEvent, EpochDone | null> {
  const events = loop.epoch(epoch);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
    yield value;
    await after();
  }
}

function headOf(model: TextClassifier, seed: number): MaskedLmHead {
  const checkpoint = openCheckpoint(model.folder);
  try {
    return maskedLmHead(model, checkpoint, seed);
  } finally {
    checkpoint.close();
  }
}
