import assert from "node:assert/strict";
import * as frostkit from "../../src/index";
import type { OptionOwner } from "../../src/options/readOptions";
import { loadTiny } from "../training/toyData";

type Call = (options: unknown) => unknown;

const f = frostkit as unknown as Record<string, (...args: unknown[]) => unknown>;
const {
  AutoModelForImageClassification: Images,
  AutoModelForSequenceClassification: Texts,
  AutoModelForTokenClassification: Tokens,
} = frostkit;

/** A model as far as it is looked at before options are; whatever else is asked of it fails. */
const model = {
  stages: [],
  depth: 1,
  checkRows: () => assert.fail("rows were looked at before options"),
};
export const data = { train: { inputIds: [], labels: null }, valid: { inputIds: [], labels: null } };

/** Everything that takes options, called with them and with what must not be touched before they are checked. */
export const CALLS: Record<OptionOwner, Call> = {
  "AutoModelForSequenceClassification.fromPretrained": (options) =>
    Texts.fromPretrained("no/such/model", options as object),
  "AutoModelForTokenClassification.fromPretrained": (options) =>
    Tokens.fromPretrained("no/such/model", options as object),
  "AutoModelForImageClassification.fromPretrained": (options) =>
    Images.fromPretrained("no/such/model", options as object),
  "AutoModelForImageClassification.fromConfig": (options) => Images.fromConfig({}, options as object),
  resolveModel: (options) => f.resolveModel("no/such/model", options),
  savePretrained: (options) =>
    loaded().then((each) => each.savePretrained("/no/such/folder", options as object)),
  "model.forward": (options) => loaded().then((each) => each.forward({ inputIds: [] }, options as object)),
  readTable: (options) => f.readTable("no-such.csv", options),
  readConll: (options) => f.readConll("no-such.conll", options),
  textDataset: (options) => f.textDataset({ path: "t", columns: [], rows: [] }, options),
  tokenize: (options) => f.tokenize(null, null, options),
  tokenDataset: (options) => f.tokenDataset({ path: "t", columns: [], rows: [] }, options),
  tokenizeWords: (options) => f.tokenizeWords(null, null, options),
  predictTokens: (options) => f.predictTokens(model, null, options),
  trainValidSplit: (options) => f.trainValidSplit(null, options),
  stratifiedKFold: (options) => f.stratifiedKFold(null, options),
  groupKFold: (options) => f.groupKFold([], options),
  imageFolder: (options) => f.imageFolder("no-such-folder", options),
  encodeImages: (options) => f.encodeImages(null, null, options),
  fineTune: (options) => f.fineTune(model, data, options),
  freezeSweep: (options) => f.freezeSweep("no/such/model", data, options),
  searchDepth: (options) => f.searchDepth("no/such/model", data, options),
  findLearningRate: (options) => f.findLearningRate(model, data, options),
  crossValidate: (options) => f.crossValidate(model, { ...data, folds: [] }, options),
  adaptToTexts: (options) => f.adaptToTexts(model, null, options),
  predict: (options) => f.predict(model, null, options),
  evaluate: (options) => f.evaluate(model, null, options),
  greedySoup: (options) => f.greedySoup(model, ["no/such/model"], null, options),
  fitEnsemble: (options) => f.fitEnsemble([], null, options),
  metrics: (options) => f.metrics(null, null, options),
  probeDepths: (options) => f.probeDepths(model, data, options),
  worstMistakes: (options) => f.worstMistakes(null, {}, options),
  FrozenFeatures: (options) => new frostkit.FrozenFeatures(model as never, options as object),
  addLora: (options) => f.addLora(model, options),
  summarize: (options) => f.summarize([], options),
  recommendN: (options) => f.recommendN([], options),
  explainN: (options) => f.explainN([], options),
  accuracyFigure: (options) => f.accuracyFigure([], options),
  secondsFigure: (options) => f.secondsFigure([], options),
  memoryFigure: (options) => f.memoryFigure([], options),
  epochsFigure: (options) => f.epochsFigure([], options),
  toSvg: (options) => f.toSvg(null, options),
  toPng: (options) => f.toPng(null, options),
  writeReport: (options) => f.writeReport([], "/no/such/folder", options),
  show: (options) => f.show(null, options),
  watch: (options) => f.watch(null, options),
  exportOnnx: (options) => f.exportOnnx(null, "/no/such/folder", options),
};

let tiny: Promise<frostkit.SequenceClassifier> | undefined;
const loaded = () => {
  tiny ??= loadTiny();
  return tiny;
};

/** Exported functions and classes that take no object of options. */
export const WITHOUT_OPTIONS = [
  ...["FreezeError", "FrostError", "InputError", "Random"],
  ...[
    "bundled",
    "checkSubmission",
    "loadImageTransform",
    "loadTokenizer",
    "readOutOfFold",
    "takeRows",
    "useEngine",
    "whyNot",
    "writeTable",
  ],
  ...[
    "freezeWhere",
    "listParams",
    "topNLayerFreeze",
    "topNLayerUnfreeze",
    "unfreezeWhere",
    "fromLayersModel",
  ],
  ...["bitFit", "trainNorms", "mergeLora", "unmergeLora", "removeLora", "savePeft", "loadPeft"],
  ...["searchFigure", "learningRateFigure", "formatSummary", "latestSweep", "readRecords"],
  ...["confusionMatrix", "confusionMatrixFigure", "metrics"],
  ...["fitThresholds", "labelsAbove", "fitCutPoints", "toGrades", "blend"],
];
