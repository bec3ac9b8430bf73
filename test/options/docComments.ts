import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defaultOf, type Option, type OptionTable } from "../../src/options/Option";
import {
  augmentation,
  awp,
  crossValidated,
  customHead,
  customMetric,
  emaAverage,
  fgm,
  imageTransform,
  OPTIONS,
  parameterGroup,
  poolingHead,
  swaAverage,
  swept,
  trainAndValid,
} from "../../src/options/table";

const root = join(__dirname, "../..");

/** Options types by file and name, and the table that each documents. */
export const TYPES: [path: string, type: string, table: OptionTable][] = [
  [
    "src/checkpoint/loadClassifier.ts",
    "LoadOptions",
    OPTIONS["AutoModelForImageClassification.fromPretrained"],
  ],
  [
    "src/checkpoint/AutoModelForSequenceClassification.ts",
    "FromPretrainedOptions",
    OPTIONS["AutoModelForSequenceClassification.fromPretrained"],
  ],
  [
    "src/checkpoint/AutoModelForTokenClassification.ts",
    "TokenClassificationOptions",
    OPTIONS["AutoModelForTokenClassification.fromPretrained"],
  ],
  ["src/checkpoint/resolveModel.ts", "ResolveOptions", OPTIONS.resolveModel],
  ["src/models/Classifier.ts", "SaveOptions", OPTIONS.savePretrained],
  ["src/models/Classifier.ts", "ForwardOptions", OPTIONS["model.forward"]],
  ["src/models/Head.ts", "PoolingHead", poolingHead],
  ["src/models/Head.ts", "CustomHead", customHead],
  ["src/data/readTable.ts", "TableOptions", OPTIONS.readTable],
  ["src/data/readConll.ts", "ConllOptions", OPTIONS.readConll],
  ["src/data/textDataset.ts", "TextColumns", OPTIONS.textDataset],
  ["src/data/tokenize.ts", "TokenizeOptions", OPTIONS.tokenize],
  ["src/data/tokenDataset.ts", "TokenColumns", OPTIONS.tokenDataset],
  ["src/data/tokenizeWords.ts", "TokenizeWordsOptions", OPTIONS.tokenizeWords],
  ["src/data/splits.ts", "SplitOptions", OPTIONS.trainValidSplit],
  ["src/data/splits.ts", "FoldOptions", OPTIONS.groupKFold],
  ["src/data/splits.ts", "StratifiedFoldOptions", OPTIONS.stratifiedKFold],
  ["src/data/imageFolder.ts", "FolderOptions", OPTIONS.imageFolder],
  ["src/data/encodeImages.ts", "EncodeOptions", OPTIONS.encodeImages],
  ["src/data/Augmentation.ts", "Augmentation", augmentation],
  ["src/data/loadImageTransform.ts", "ImageTransform", imageTransform],
  ["src/training/FineTuneOptions.ts", "FineTuneData", trainAndValid],
  ["src/training/FineTuneOptions.ts", "FineTuneOptions", OPTIONS.fineTune],
  ["src/training/loss.ts", "LossOptions", OPTIONS.fineTune],
  ["src/training/learningRates.ts", "ParameterGroup", parameterGroup],
  ["src/training/CustomMetric.ts", "CustomMetric", customMetric],
  ["src/training/Adversary.ts", "Fgm", fgm],
  ["src/training/Adversary.ts", "Awp", awp],
  ["src/training/WeightAverage.ts", "EmaAverage", emaAverage],
  ["src/training/WeightAverage.ts", "SwaAverage", swaAverage],
  ["src/training/adaptToTexts.ts", "AdaptOptions", OPTIONS.adaptToTexts],
  ["src/search/findLearningRate.ts", "FindLearningRateOptions", OPTIONS.findLearningRate],
  ["src/training/predict.ts", "PredictOptions", OPTIONS.predict],
  ["src/training/evaluate.ts", "EvaluateOptions", OPTIONS.evaluate],
  ["src/training/greedySoup.ts", "SoupOptions", OPTIONS.greedySoup],
  ["src/training/fitEnsemble.ts", "EnsembleOptions", OPTIONS.fitEnsemble],
  ["src/training/metrics.ts", "MetricsOptions", OPTIONS.metrics],
  ["src/probe/probeDepths.ts", "ProbeData", swept],
  ["src/probe/probeDepths.ts", "ProbeOptions", OPTIONS.probeDepths],
  ["src/training/worstMistakes.ts", "MistakesOptions", OPTIONS.worstMistakes],
  ["src/training/FrozenFeatures.ts", "FeaturesOptions", OPTIONS.FrozenFeatures],
  ["src/recipes/addLora.ts", "LoraOptions", OPTIONS.addLora],
  ["src/sweep/SweepOptions.ts", "SweepData", swept],
  ["src/sweep/CrossValidation.ts", "CrossValidationData", crossValidated],
  ["src/sweep/CrossValidation.ts", "CrossValidateOptions", OPTIONS.crossValidate],
  ["src/sweep/SweepOptions.ts", "SweepOptions", OPTIONS.freezeSweep],
  ["src/search/SearchOptions.ts", "SearchOptions", OPTIONS.searchDepth],
  ["src/sweep/summarize.ts", "SummaryOptions", OPTIONS.summarize],
  ["src/report/figure.ts", "FigureOptions", OPTIONS.secondsFigure],
  ["src/report/accuracyFigure.ts", "AccuracyFigureOptions", OPTIONS.accuracyFigure],
  ["src/report/toSvg.ts", "PictureSize", OPTIONS.toSvg],
  ["src/report/toPng.ts", "PngSize", OPTIONS.toPng],
  ["src/report/writeReport.ts", "ReportOptions", OPTIONS.writeReport],
  ["src/notebook/watch.ts", "WatchOptions", OPTIONS.watch],
];

/** What a type inherits names from. */
export const BASES: Record<string, string[]> = {
  FromPretrainedOptions: ["LoadOptions"],
  TokenClassificationOptions: ["LoadOptions"],
  FineTuneOptions: ["LossOptions"],
  StratifiedFoldOptions: ["FoldOptions"],
  EvaluateOptions: ["PredictOptions"],
  SoupOptions: ["PredictOptions"],
  PngSize: ["PictureSize"],
};

export const sourceOf = (path: string): string => readFileSync(join(root, path), "utf8");

/** A type's members in its source: each with the comment in front of it. */
export function membersOf(source: string, type: string): { name: string; comment: string }[] {
  const [, body] =
    new RegExp(`^export interface ${type}\\b[^{]*\\{\\n([\\s\\S]*?)^\\}`, "m").exec(source) ?? [];
  if (body === undefined) throw new Error(`no interface ${type}`);
  const members = body.matchAll(/^((?: {2}\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?) {2}(\w+)\??[:(]/gm);
  return [...members].map(([, comment, name]) => ({ name, comment }));
}

/** The source with the comments of a type's members as the table has them. */
export function withComments(source: string, type: string, table: OptionTable): string {
  const start = new RegExp(`^export interface ${type}\\b[^{]*\\{\\n`, "m").exec(source)!;
  const from = start.index + start[0].length;
  const end = source.indexOf("\n}", from);
  let body = source.slice(from, end + 1);
  for (const { name, comment } of membersOf(source, type)) {
    if (!Object.hasOwn(table, name)) continue;
    const member = new RegExp(`^ {2}${name}\\??[:(]`, "m").exec(body)!;
    body = `${body.slice(0, member.index - comment.length)}${commentOf(table[name])}${body.slice(member.index)}`;
  }
  return source.slice(0, from) + body + source.slice(end + 1);
}

const WIDTH = 130;

/** A doc comment for a member: what the option means, and its default. */
export function commentOf(entry: Option): string {
  const otherwise = entry.required ? undefined : defaultOf(entry);
  const text = otherwise === undefined ? entry.says : `${entry.says} Default: ${otherwise}.`;
  const line = `  /** ${text} */\n`;
  if (line.length <= WIDTH) return line;
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.at(-1)!;
    if (last.length + word.length + 6 > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  return `  /**\n${lines.map((each) => `   * ${each}\n`).join("")}   */\n`;
}
