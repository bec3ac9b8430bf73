import { FLOAT_TYPES } from "./floatType";
import { callback, either, integer, type Kind, kindOf, text, word } from "./kinds";
import { dataset } from "./table";

// What an object is shows in what it holds and can do, since notebooks may have two copies of a class.

const membersOf = (value: unknown) => Object(value) as Record<string, unknown>;

const isListLike = (value: unknown): value is ArrayLike<unknown> =>
  typeof value === "object" && Number.isInteger(membersOf(value).length);

const isListOf = (value: unknown, fits: (each: Record<string, unknown>) => boolean) =>
  Array.isArray(value) && value.every((each) => fits(membersOf(each)));

/** A plain one, or of a class; no list, and nothing that has to be awaited first. */
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !("then" in value);

const path = (expected: string) =>
  kindOf(expected, (value) => typeof value === "string" && value.trim() !== "");

const tables = kindOf("the path of a table, or a list of such paths", (value) => {
  const paths = Array.isArray(value) ? value : [value];
  return paths.length > 0 && paths.every((each) => typeof each === "string" && each.trim() !== "");
});

const table = kindOf("a table, as readTable gives it", (value) => {
  const { columns, rows } = membersOf(value);
  return Array.isArray(columns) && Array.isArray(rows) && rows.every(isObject);
});

const listLike = (expected: string) => kindOf(expected, isListLike);

const outputs = listLike("a list of probabilities or predicted values");

const arrayOf = (expected: string, fits: (each: unknown) => boolean, least = 0) =>
  kindOf(expected, (value) => Array.isArray(value) && value.length >= least && value.every(fits));

const severalOutputs = arrayOf("a list of what each model says", isListLike, 1);

const numbers = arrayOf("a list of numbers", (each) => typeof each === "number");

const optional = (kind: Kind): Kind => ({
  ...kind,
  check: (name, value, owner) => (value === undefined ? value : kind.check(name, value, owner)),
});

const source = path("a checkpoint's folder or a Hub id");

const folder = path("the path of a folder");

const model = kindOf("a loaded model", (value) => typeof membersOf(value).checkRows === "function");

const rows = kindOf("rows as textDataset or imageFolder gives them", (value) => {
  const { texts, paths, keys } = membersOf(value);
  return Array.isArray(texts) || (Array.isArray(paths) && Array.isArray(keys));
});

const texts = kindOf("texts as textDataset gives them", (value) => Array.isArray(membersOf(value).texts));

const tokenizer = kindOf(
  "a tokenizer, as loadTokenizer gives it",
  (value) => typeof membersOf(value).encode === "function",
);

const records = kindOf("a list of records, as freezeSweep or readRecords gives them", (value) =>
  isListOf(
    value,
    ({ trial, n, epochs }) =>
      typeof trial === "string" &&
      typeof n === "number" &&
      isListOf(epochs, ({ metrics }) => isObject(metrics)) &&
      (epochs as unknown[]).length > 0,
  ),
);

const figure = kindOf("a figure, as accuracyFigure and the others give it", (value) => {
  const { data, layout } = membersOf(value);
  return Array.isArray(data) && data.every(isObject) && isObject(layout);
});

const predictions = kindOf("predictions, as predict gives them", (value) =>
  isListLike(membersOf(value).probabilities),
);

/** A dataset's labels, as far as their type says what they hold. */
export const labels = kindOf("labels as a dataset holds them", (value) => {
  const { problemType, classes, ids, values } = membersOf(value);
  if (problemType === "regression") return isListLike(values);
  return (
    Array.isArray(classes) &&
    (problemType === "single_label_classification"
      ? isListLike(ids)
      : problemType === "multi_label_classification" && isListLike(values))
  );
});

const tensor = kindOf(
  "a tensor",
  (value) => Array.isArray(membersOf(value).shape) && isObject(membersOf(value).dataId),
);

/** What each exported function, and each method that it leads to, takes in front of its options, by name and in order. */
export const ARGUMENTS = {
  "AutoModelForSequenceClassification.fromPretrained": { idOrFolder: source },
  "AutoModelForTokenClassification.fromPretrained": { idOrFolder: source },
  "AutoModelForImageClassification.fromPretrained": { idOrFolder: source },
  "AutoModelForImageClassification.fromConfig": {
    config: kindOf("an object as config.json holds it", isObject),
  },
  resolveModel: { idOrFolder: source },
  loadTokenizer: { folder },
  loadImageTransform: { idOrFolder: source },
  readTable: { path: tables },
  writeTable: {
    path: path("the path of a file to write"),
    columns: kindOf("an object of columns, each a list of values", isObject),
  },
  checkSubmission: { submission: table, sample: table },
  textDataset: { table },
  readConll: { path: path("the path of a CoNLL file") },
  tokenDataset: { table },
  tokenizeWords: { dataset: texts, tokenizer },
  predictTokens: { model, dataset },
  imageFolder: { folder },
  takeRows: {
    dataset: kindOf("rows as textDataset, imageFolder, tokenize or encodeImages give them", (value) =>
      ["texts", "paths", "pixels", "inputIds"].some((name) => Array.isArray(membersOf(value)[name])),
    ),
    rows: listLike("a list of row numbers"),
  },
  trainValidSplit: { dataset: rows },
  stratifiedKFold: { dataset: rows },
  groupKFold: { groups: listLike("a list with the group of each row") },
  tokenize: {
    dataset: texts,
    tokenizer,
  },
  "tokenizer.encode": {
    text: text(),
    pair: optional(kindOf("a second text or null", (value) => value === null || typeof value === "string")),
    maxLength: optional(kindOf("a number of tokens", (value) => typeof value === "number")),
  },
  encodeImages: {
    rows: kindOf("images as imageFolder gives them", (value) => Array.isArray(membersOf(value).paths)),
  },
  fineTune: { model },
  freezeSweep: { model: either(source, model) },
  searchDepth: { model: either(source, model) },
  findLearningRate: { model },
  crossValidate: { model },
  readOutOfFold: {
    path: path("the path of an out_of_fold.csv"),
    dataset: kindOf("the rows that were trained on, with labels", (value) => "labels" in membersOf(value)),
  },
  adaptToTexts: {
    model,
    texts: kindOf("texts as tokenize gives them", (value) => Array.isArray(membersOf(value).inputIds)),
  },
  predict: { model, dataset },
  evaluate: { model, dataset },
  greedySoup: {
    model,
    folders: arrayOf(
      "a list of models' folders",
      (each) => typeof each === "string" && each.trim() !== "",
      1,
    ),
    valid: dataset,
  },
  probeDepths: { model },
  worstMistakes: { dataset: texts, predictions },
  confusionMatrix: {
    labels: either(
      labels,
      kindOf("null", (value) => value === null),
    ),
    predictions,
  },
  confusionMatrixFigure: {
    matrix: kindOf("what confusionMatrix gives", (value) => {
      const { classes, counts } = membersOf(value);
      const isSquare = (list: unknown[]) =>
        isListOf(counts, (row) => isListLike(row)) && (counts as unknown[]).length === list.length;
      return Array.isArray(classes) && classes.every((name) => typeof name === "string") && isSquare(classes);
    }),
  },
  metrics: { outputs, labels },
  fitThresholds: { outputs, labels },
  fitCutPoints: { outputs, labels },
  fitEnsemble: { outputs: severalOutputs, labels },
  blend: { outputs: severalOutputs, weights: numbers },
  labelsAbove: {
    outputs,
    classes: arrayOf("a list of names", (each) => typeof each === "string", 1),
    thresholds: numbers,
  },
  toGrades: { outputs: listLike("a list of values"), cutPoints: numbers, grades: numbers },
  FrozenFeatures: { model },
  "features.prepare": {
    dataset,
    stages: integer(0),
    batchSize: integer(1),
    precision: optional(word(FLOAT_TYPES)),
  },
  "features.batch": { dataset, rows: listLike("a list of row numbers"), sequenceLength: integer(1) },
  addLora: { model },
  mergeLora: { model },
  unmergeLora: { model },
  removeLora: { model },
  savePeft: { model, folder },
  loadPeft: { model, folder },
  bitFit: { model },
  trainNorms: { model },
  fromLayersModel: {
    model: kindOf("a tfjs LayersModel, which has layers and trainableWeights", (value) => {
      const { layers } = membersOf(value);
      return Array.isArray(layers) && "trainableWeights" in membersOf(value);
    }),
  },
  summarize: { records },
  recommendN: { records },
  explainN: { records },
  latestSweep: { records },
  readRecords: { path: path("the path of a records.jsonl"), warn: optional(callback()) },
  formatSummary: {
    rows: kindOf("a list of depths, as summarize gives them", (value) =>
      isListOf(value, ({ n, score }) => typeof n === "number" && typeof membersOf(score).mean === "number"),
    ),
  },
  accuracyFigure: { records },
  secondsFigure: { records },
  memoryFigure: { records },
  epochsFigure: { records },
  toSvg: { figure },
  toPng: { figure },
  writeReport: { records, folder },
  searchFigure: {
    result: kindOf("what a search came to, as searchDepth gives it", (value) =>
      Array.isArray(membersOf(value).depths),
    ),
  },
  learningRateFigure: {
    curves: kindOf(
      "a list of curves, as findLearningRate gives it",
      (value) =>
        isListOf(
          value,
          ({ n, tried }) =>
            (n === null || typeof n === "number") &&
            isListOf(tried, ({ learningRate }) => typeof learningRate === "number"),
        ) && (value as unknown[]).length > 0,
    ),
  },
  watch: {
    run: kindOf("a run, as fineTune, freezeSweep, searchDepth and crossValidate give it", (value) =>
      [Symbol.asyncIterator, "then"].every((name) => name in membersOf(value)),
    ),
  },
  bundled: { name: text() },
  exportOnnx: { model, folder },
  savePretrained: { folder },
  "model.forward": { rows: kindOf("an object of inputIds, attentionMask, tokenTypeIds", isObject) },
  "model.forward of images": {
    pixelValues: either(tensor, kindOf("lists of numbers [batch, 3, height, width]", Array.isArray)),
  },
  "model.checkRows": { name: text(), rows: dataset },
  "model.parameter": { name: text() },
  "model.reinitialize": { seed: integer() },
  "parameter.assign": { value: tensor },
  "parameter.exchange": {
    other: kindOf("a parameter", (value) => "assign" in membersOf(value) && "stamp" in membersOf(value)),
  },
  "parameter.restore": {
    snapshot: kindOf(
      "what snapshot gave",
      (value) => "content" in membersOf(value) && "stamp" in membersOf(value),
    ),
  },
} satisfies Record<string, Record<string, Kind>>;

/** Functions and methods that take arguments, as errors call them. */
export type ArgumentOwner = keyof typeof ARGUMENTS;

/**
 * Throws where an argument in front of a function's options is something else, as a promise that was not awaited. Options are checked
 * before, and what an argument holds behind.
 *
 * @throws InputError naming the function and the argument, what was expected and what came
 */
export function checkArguments<Owner extends ArgumentOwner>(
  owner: Owner,
  given: Record<keyof (typeof ARGUMENTS)[Owner], unknown>,
): void {
  for (const [name, kind] of Object.entries<Kind>(ARGUMENTS[owner]))
    kind.check(`${owner}: ${name}`, given[name as keyof typeof given], owner);
}
