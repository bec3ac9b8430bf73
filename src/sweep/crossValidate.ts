import { createHash } from "node:crypto";
import { join } from "node:path";
import { weightsFile } from "../checkpoint/modelFiles";
import { CHECKPOINT, isKits } from "../checkpoint/saveCheckpoint";
import { checkReplaceableTable } from "../data/checkReplaceableTable";
import { csvText } from "../data/csvText";
import type { LabelledRows, Rows } from "../data/Rows";
import { rowsOf } from "../data/rowsOf";
import { saySharedRows } from "../data/saySharedRows";
import type { Split } from "../data/splits";
import { takeRows } from "../data/takeRows";
import { InputError } from "../errors";
import { checkWritable } from "../files/checkWritable";
import { FolderLock } from "../files/FolderLock";
import { makeFolders } from "../files/makeFolders";
import { replaceFile } from "../files/replaceFile";
import { checkSaveFolder } from "../files/writeFolder";
import { listParams } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { frostLine } from "../nn/Stage";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { crossValidated } from "../options/table";
import { toExactJson } from "../text/exactJson";
import { visibly } from "../text/visibly";
import { checkMetrics } from "../training/checkMetrics";
import { checkTrainable } from "../training/checkTrainable";
import { checkWeights } from "../training/checkWeights";
import type { FineTuneEvent, FineTuneResult } from "../training/events";
import { type FineTuneOptions, type FineTuneSettings, fineTuneSettings } from "../training/FineTuneOptions";
import { FrozenFeatures } from "../training/FrozenFeatures";
import { startFineTuning } from "../training/fineTune";
import { FROM_ROWS } from "../training/forwardRows";
import { identityDifference } from "../training/identityDifference";
import { type Metrics, metrics } from "../training/metrics";
import { logitsOf, type Predictions, toLabels, toProbabilities } from "../training/predict";
import { Run } from "../training/Run";
import { readLabelledRows, readRows } from "../training/readRows";
import { runIdentity } from "../training/runIdentity";
import { Stoppable } from "../training/Stoppable";
import type {
  CrossValidateOptions,
  CrossValidation,
  CrossValidationData,
  CrossValidationEvent,
  FoldResult,
} from "./CrossValidation";
import { checkFolds } from "./checkFolds";
import { clearFolds } from "./clearFolds";
import { type FinishedFold, FoldFile, type FoldIdentity } from "./FoldFile";
import { OUT_OF_FOLD, outOfFoldHeader, outOfFoldTable } from "./outOfFoldTable";
import { Pretrained } from "./Pretrained";
import { clearTrialState, trialState } from "./trialState";

/**
 * Trains one model a fold, from the same weights and with the same flags, and has each predict the rows that its fold keeps from it: every
 * row is judged once by a model that was not trained on it. What was said of them is written to `out_of_fold.csv`.
 *
 * Every finished fold is on disk at once; a run that was cut off goes on where it stopped, inside a fold as well, to the same numbers
 * bit for bit on the same engine. With `earlyStopping` or `restoreBest` a fold's own rows choose its weights, so that scores flatter.
 *
 * @param model a loaded model, with what shall not learn frozen; it is left as it was
 * @throws InputError where options, rows or folds do not fit, or the folder holds other folds
 * @example
 * ```ts
 * const folds = stratifiedKFold(dataset, { folds: 3 });
 * const cv = await crossValidate(model, { train: await tokenize(dataset, tokenizer), folds }, { epochs: 1 });
 * console.log(cv.metrics.accuracy, cv.probabilities.length);
 * ```
 */
export function crossValidate(
  model: Classifier,
  data: CrossValidationData,
  options: CrossValidateOptions = {},
): Run<CrossValidationEvent, CrossValidation> {
  const { out, ids, saveModels, restart, saveEvery, maxMinutes, signal, log, ...training } = readOptions(
    "crossValidate",
    options,
  );
  checkArguments("crossValidate", { model });
  const { train, folds, test } = readNamed(
    "crossValidate",
    crossValidated,
    data,
    "data",
  ) as unknown as CrossValidationData;
  const rows = readLabelledRows("train", model, train);
  const tested = test && readRows("test", model, test);
  // Each fold's model will have been trained on rows that are read as these are.
  tested?.checkReading("test", rows.readAs);
  checkFolds(folds, rows.count);
  if (ids) checkIds(ids, rows.count);
  const settings = fineTuneSettings(training, model.problemType, true);
  const take = (numbers: ArrayLike<number>) => rowsOf(takeRows(train, numbers)) as LabelledRows;
  for (const [fold, { train, valid }] of folds.entries()) {
    const { labels } = take(valid);
    checkMetrics("metric", [settings.metric], labels, ["loss"]);
    checkMetrics("metrics", settings.metrics, labels);
    // Rows that all weigh something need not be taken for it.
    if (rows.labels.weights || settings.classWeights !== undefined)
      checkWeights(take(train), { ...settings, seed: settings.seed + fold }, { number: fold, rows: train });
  }
  checkTrainable(model);
  checkTable({ out, rows, ids: ids ?? null });
  checkWritable(join(out, OUT_OF_FOLD));
  const stoppable = new Stoppable({ name: "crossValidate", signal, maxMinutes, trains: model, keeps: true });
  const plan: Plan = {
    ...{ model, rows, folds, take, tested: tested ?? null, ids: ids ?? null },
    testFeatures: new FrozenFeatures(model),
    ...{ settings, training, out, saveModels, restart, saveEvery },
    signal: stoppable.signal,
    log: visibly(log ?? console.info),
  };
  return new Run(runFolds(plan), stoppable);
}

interface Plan extends Required<Pick<CrossValidateOptions, "out" | "saveModels" | "restart">> {
  model: Classifier;
  rows: LabelledRows;
  folds: readonly Split[];
  /** Rows of these numbers. */
  take: (numbers: ArrayLike<number>) => LabelledRows;
  tested: Rows | null;
  /** What the frozen stages give of them. */
  testFeatures: FrozenFeatures;
  ids: readonly string[] | null;
  settings: FineTuneSettings;
  training: FineTuneOptions;
  saveEvery: FineTuneOptions["saveEvery"];
  signal: AbortSignal;
  log: (line: string) => void;
}

/** Throws where out_of_fold.csv is a table of other columns, which would be somebody else's. */
const checkTable = ({ out, rows, ids }: Pick<Plan, "out" | "rows" | "ids">): void =>
  checkReplaceableTable(join(out, OUT_OF_FOLD), [outOfFoldHeader(rows.labels, ids !== null)]);

function checkIds(ids: readonly string[], count: number): void {
  if (ids.length !== count)
    throw new InputError(`ids: expected one for each of ${count} rows, got ${ids.length}`);
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id))
      throw new InputError(`ids: expected each once, got ${JSON.stringify(id)} twice; leave them out`);
    seen.add(id);
  }
}

async function* runFolds(plan: Plan): AsyncGenerator<CrossValidationEvent, CrossValidation> {
  const { model, folds, out, restart, log, settings, signal } = plan;
  makeFolders(out);
  const lock = FolderLock.take(out, log);
  const pretrained = new Pretrained(model);
  const { trainedOn } = model;
  const done: { result: FoldResult; finished: FinishedFold }[] = [];
  const count = folds.length;
  try {
    await pretrained.hold();
    const files = folds.map((_, fold) => new FoldFile(out, fold));
    const kept = files.map((file) => (restart ? null : file.read()));
    if (plan.saveModels) checkModelFolders(kept, plan);
    if (restart) {
      checkTable(plan);
      clearFolds(out, count, model.origin?.folder);
    }
    yield { type: "folds", count, done: kept.filter((each) => each !== null).length };
    for (const [fold, split] of folds.entries()) {
      if (signal.aborted) break;
      model.reinitialize(settings.seed + fold);
      const identity = await identityOf(fold, plan);
      const there = kept[fold];
      if (there) {
        refuseOther(files[fold].path, there.identity, identity);
        clearTrialState(out, trialOf(fold), log);
      } else yield { type: "fold", fold, count };
      const finished = there ?? (yield* trainFold(fold, identity, plan));
      if (!finished) break;
      if (!there) {
        lock.check();
        files[fold].write(finished, model.numLabels);
        clearTrialState(out, trialOf(fold), log);
      }
      const { outputs, training } = finished;
      const result = {
        fold,
        rows: Int32Array.from(split.valid),
        training,
        metrics: scores(outputs, plan, split.valid),
      };
      done.push({ result, finished });
      if (!there) yield { type: "foldDone", result, count };
      pretrained.restoreWeights();
      model.trainedOn = trainedOn;
    }
    const whole = together(done, plan);
    if (done.length === count) {
      const { rows, ids } = plan;
      const lines = outOfFoldTable(whole, rows.labels, ids);
      checkTable(plan);
      replaceFile(join(out, OUT_OF_FOLD), csvText(lines));
    }
    return whole;
  } finally {
    pretrained.restoreWeights();
    pretrained.restoreFlags();
    pretrained.dispose();
    plan.testFeatures.dispose();
    model.trainedOn = trainedOn;
    lock.release();
  }
}

/** Throws where the model of a fold that is to be trained could not be saved at its end, or that of a finished one is not there. */
function checkModelFolders(kept: readonly (FinishedFold | null)[], { model, out, restart }: Plan): void {
  const missing = kept.filter((each) => each === null).length;
  // Those that are there are removed first where all begins anew: that makes room.
  const needed = restart ? 0 : missing * 4 * listParams(model).totals.total;
  for (const [fold, finished] of kept.entries()) {
    const folder = modelFolder(out, fold);
    if (!finished) checkSaveFolder(folder, CHECKPOINT, { source: model.origin?.folder, needed });
    else if (!isKits(join(folder, weightsFile)))
      throw new InputError(
        `saveModels: fold ${fold} is finished and its model was not kept in ${folder}; \`restart: true\` trains all folds anew`,
      );
  }
}

const modelFolder = (out: string, fold: number) => join(out, `fold-${fold}`);

/** As a sweep's trial, whose folder of a state it has. */
const trialOf = (fold: number) => ({ trial: `fold-${fold}` });

const scores = (outputs: Float32Array, { take, settings }: Plan, numbers: ArrayLike<number>): Metrics => {
  const { metric, metrics: further } = settings;
  const own = metric === "loss" || further.includes(metric) ? further : [...further, metric];
  return metrics(outputs, take(numbers).labels, { metrics: own });
};

/** How a fold is trained. */
const trainingOf = (fold: number, { training, settings }: Plan): FineTuneOptions => ({
  ...training,
  seed: settings.seed + fold,
});

async function identityOf(fold: number, plan: Plan): Promise<FoldIdentity> {
  const { model, folds, take, tested } = plan;
  const { train, valid } = folds[fold];
  const settings = fineTuneSettings(trainingOf(fold, plan), model.problemType, true);
  const identity = await runIdentity("fineTune", model, { train: take(train), valid: take(valid) }, settings);
  const { weights, ...training } = identity;
  return {
    training,
    weights: createHash("sha256").update(toExactJson(weights)).digest("hex"),
    test: tested?.contentHash() ?? null,
  };
}

function refuseOther(path: string, there: FoldIdentity, here: FoldIdentity): void {
  const difference =
    identityDifference({ ...there.training, weights: {} }, { ...here.training, weights: {} }) ??
    (String(there.training.model.trainable) === String(here.training.model.trainable)
      ? null
      : "other parameters that learn") ??
    (there.weights === here.weights ? null : "a model of other weights") ??
    (there.test === here.test ? null : "other test rows");
  if (difference !== null)
    throw new InputError(
      `out: ${path} holds a fold of another run: ${difference}; name another folder, or train all folds anew by \`restart: true\``,
    );
}

/** Trains a fold, from where an earlier run stopped; null where the signal comes first. */
async function* trainFold(
  fold: number,
  identity: FoldIdentity,
  plan: Plan,
): AsyncGenerator<CrossValidationEvent, FinishedFold | null> {
  const { model, folds, take, out, saveModels, saveEvery, signal, log } = plan;
  const said: { outputs?: Float32Array } = {};
  const started = startFineTuning(
    model,
    { train: take(folds[fold].train).dataset, valid: take(folds[fold].valid).dataset },
    { ...trainingOf(fold, plan), signal, saveEvery, log, resume: trialState(out, trialOf(fold)) },
    {
      end: false,
      figure: () => 0,
      restore: () => {},
      predictions: (outputs) => {
        said.outputs = outputs;
      },
    },
  );
  const shared = saySharedRows(started.train, started.valid!);
  if (shared) log(`fold ${fold}: ${shared}`);
  for await (const event of started.run) yield { type: "foldProgress", fold, event };
  const training: FineTuneResult = await started.run;
  if (training.stopped === "aborted" || !said.outputs) return null;
  const test = yield* predictTest(fold, plan);
  if (test === "aborted") return null;
  if (saveModels) await model.savePretrained(modelFolder(out, fold));
  const { savedStep: _, ...kept } = training;
  return { identity, training: kept, outputs: said.outputs, test };
}

async function* predictTest(
  fold: number,
  { model, tested, testFeatures, settings, signal }: Plan,
): AsyncGenerator<CrossValidationEvent, Float32Array | null | "aborted"> {
  if (!tested) return null;
  const { batchSize, precision } = settings;
  const from = frostLine(model.stages);
  // What is frozen gives the same in all folds; in half precision it would be rounded where it is kept.
  const isKept = from > 0 && precision === "fp32";
  if (isKept)
    for await (const progress of testFeatures.prepare(tested.dataset, from, batchSize)) {
      yield { type: "foldProgress", fold, event: { type: "frozen", ...progress } };
      if (signal.aborted) return "aborted";
    }
  const start = isKept ? { from, features: testFeatures } : FROM_ROWS;
  const run = logitsOf(model, tested, Math.max(64, batchSize), start, precision);
  for (;;) {
    const { done, value } = await run.next();
    if (done) return toProbabilities(value, model.numLabels, model.problemType);
    const event: FineTuneEvent = { type: "evaluate", done: value, total: tested.count };
    yield { type: "foldProgress", fold, event };
    if (signal.aborted) return "aborted";
  }
}

/** What the finished folds say of their rows, in the rows' order, and of the test rows on average. */
function together(done: { result: FoldResult; finished: FinishedFold }[], plan: Plan): CrossValidation {
  const { model, folds, out } = plan;
  const width = model.numLabels;
  const said = done.flatMap(({ result: { rows, fold }, finished: { outputs } }) =>
    Array.from(rows, (row, i) => ({ row, fold, outputs: outputs.subarray(i * width, (i + 1) * width) })),
  );
  said.sort((a, b) => a.row - b.row);
  const probabilities = new Float32Array(said.length * width);
  for (const [i, { outputs }] of said.entries()) probabilities.set(outputs, i * width);
  const rows = Int32Array.from(said, ({ row }) => row);
  return {
    probabilities,
    labels: toLabels(probabilities, model),
    rows,
    folds: Int32Array.from(said, ({ fold }) => fold),
    metrics: said.length > 0 ? scores(probabilities, plan, rows) : {},
    results: done.map(({ result }) => result),
    test: testOf(
      done.flatMap(({ finished: { test } }) => test ?? []),
      model,
    ),
    aborted: done.length < folds.length,
    folder: out,
  };
}

function testOf(outputs: Float32Array[], model: Classifier): Predictions | null {
  if (outputs.length === 0) return null;
  const probabilities = outputs[0].map(
    (_, i) => outputs.reduce((sum, each) => sum + each[i], 0) / outputs.length,
  );
  return { probabilities, labels: toLabels(probabilities, model) };
}
