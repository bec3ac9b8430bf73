import "./notebook/patchKernel";

export { AutoModelForImageClassification } from "./checkpoint/AutoModelForImageClassification";
export {
  AutoModelForSequenceClassification,
  type FromPretrainedOptions,
} from "./checkpoint/AutoModelForSequenceClassification";
export {
  AutoModelForTokenClassification,
  type TokenClassificationOptions,
} from "./checkpoint/AutoModelForTokenClassification";
export type { LoadOptions } from "./checkpoint/loadClassifier";
export { type ResolveOptions, resolveModel } from "./checkpoint/resolveModel";
export type { Augmentation } from "./data/Augmentation";
export { checkSubmission } from "./data/checkSubmission";
export type { EncodedImages } from "./data/EncodedImages";
export { type EncodeOptions, encodeImages } from "./data/encodeImages";
export { type FolderOptions, type ImageRows, imageFolder } from "./data/imageFolder";
export { type ImageTransform, loadImageTransform } from "./data/loadImageTransform";
export { type Encoding, loadTokenizer, type Tokenizer } from "./data/loadTokenizer";
export type { Dataset } from "./data/Rows";
export { type ConllOptions, readConll } from "./data/readConll";
export { type Row, readTable, type Table, type TableOptions, type TablePart } from "./data/readTable";
export {
  type FoldOptions,
  groupKFold,
  type Split,
  type SplitOptions,
  type StratifiedFoldOptions,
  stratifiedKFold,
  trainValidSplit,
} from "./data/splits";
export type { EncodedTokens, WordPlaces } from "./data/TokenWindows";
export { type TakenRows, takeRows } from "./data/takeRows";
export {
  type Labels,
  type TextColumns,
  type TextDataset,
  textDataset,
} from "./data/textDataset";
export {
  type TokenColumns,
  type TokenSpan,
  type TokenTexts,
  tokenDataset,
} from "./data/tokenDataset";
export { type EncodedDataset, type TokenizeOptions, tokenize } from "./data/tokenize";
export { type TokenizeWordsOptions, tokenizeWords } from "./data/tokenizeWords";
export { writeTable } from "./data/writeTable";
export { ENGINES, type Engine, type EngineName, useEngine, whyNot } from "./engine/useEngine";
export { FrostError, InputError } from "./errors";
export {
  type Freezable,
  FreezeError,
  type FrostStage,
  freezeWhere,
  type LayersModelLike,
  listParams,
  type NamedParameter,
  type ParameterModel,
  type ParameterPattern,
  type ParamRow,
  type ParamTable,
  topNLayerFreeze,
  topNLayerUnfreeze,
  unfreezeWhere,
} from "./freeze";
export { type FreezableLayersModel, fromLayersModel } from "./layersModel";
export type { Classifier, ForwardOptions, SaveOptions } from "./models/Classifier";
export type { CustomHead, Head, HeadContext, Pooling, PoolingHead } from "./models/Head";
export type { ImageClassifier, PixelValues } from "./models/ImageClassifier";
export type { Origin, ProblemType, WeightType } from "./models/Parts";
export type { SequenceClassifier } from "./models/SequenceClassifier";
export type { TextClassifier, TokenRows } from "./models/TextClassifier";
export type { TokenClassifier } from "./models/TokenClassifier";
export type { Parameter } from "./nn/Parameter";
export { bundled } from "./notebook/bundled";
export { type Shown, show } from "./notebook/show";
export { type WatchOptions, watch } from "./notebook/watch";
export { exportOnnx } from "./onnx/exportOnnx";
export { FLOAT_TYPES, type FloatType, type FloatTypeName } from "./options/floatType";
export type { TrainedOn } from "./options/TrainedOn";
export { type ProbeData, type ProbedDepth, type ProbeOptions, probeDepths } from "./probe/probeDepths";
export { Random } from "./random";
export { addLora, type LoraOptions, mergeLora, removeLora, unmergeLora } from "./recipes/addLora";
export { bitFit } from "./recipes/bitFit";
export { loadPeft } from "./recipes/loadPeft";
export { savePeft } from "./recipes/savePeft";
export { trainNorms } from "./recipes/trainNorms";
export { type AccuracyFigureOptions, accuracyFigure } from "./report/accuracyFigure";
export { confusionMatrixFigure } from "./report/confusionMatrixFigure";
export { epochsFigure } from "./report/epochsFigure";
export type { Figure, FigureOptions } from "./report/figure";
export { learningRateFigure } from "./report/learningRateFigure";
export { memoryFigure } from "./report/memoryFigure";
export { searchFigure } from "./report/searchFigure";
export { secondsFigure } from "./report/secondsFigure";
export { type PngSize, toPng } from "./report/toPng";
export { type PictureSize, toSvg } from "./report/toSvg";
export { type ReportOptions, writeReport } from "./report/writeReport";
export {
  type FindLearningRateEvent,
  type FindLearningRateOptions,
  findLearningRate,
  type RateCurve,
  type RateData,
  type RateDepthEvent,
} from "./search/findLearningRate";
export type { RateTried } from "./search/RateRange";
export type {
  Goal,
  Knowledge,
  SearchDepthOptions,
  SearchEvent,
  SearchedDepth,
  SearchOptions,
  SearchResult,
} from "./search/SearchOptions";
export { searchDepth } from "./search/searchDepth";
export type { About } from "./sweep/about";
export type {
  CrossValidateOptions,
  CrossValidation,
  CrossValidationData,
  CrossValidationEvent,
  FoldResult,
  OutOfFold,
} from "./sweep/CrossValidation";
export type { DepthDifference } from "./sweep/compareDepths";
export { crossValidate } from "./sweep/crossValidate";
export { formatSummary } from "./sweep/formatSummary";
export { freezeSweep } from "./sweep/freezeSweep";
export { latestSweep } from "./sweep/latestSweep";
export type { Recommendation } from "./sweep/oneStandardErrorRule";
export type { Difference } from "./sweep/pairedDifference";
export { readOutOfFold } from "./sweep/readOutOfFold";
export { explainN, recommendN } from "./sweep/recommendN";
export { readRecords, type TrialRecord } from "./sweep/record";
export type {
  FreezeSweepOptions,
  SweepData,
  SweepEvent,
  SweepOptions,
  SweepResult,
} from "./sweep/SweepOptions";
export type { Recipe, Strategy } from "./sweep/strategies";
export {
  type DepthSummary,
  type RateSummary,
  type Spread,
  type SummaryOptions,
  summarize,
} from "./sweep/summarize";
export type { Trial, TrialSettings } from "./sweep/trial";
export type { Undertrained } from "./sweep/undertrained";
export type { AdversarialChoice, Awp, Fgm } from "./training/Adversary";
export { type AdaptEvent, type AdaptOptions, type AdaptResult, adaptToTexts } from "./training/adaptToTexts";
export { blend } from "./training/blend";
export type { CustomMetric, MetricChoice } from "./training/CustomMetric";
export { type ConfusionMatrix, confusionMatrix } from "./training/confusionMatrix";
export { type EvaluateOptions, type Evaluation, evaluate } from "./training/evaluate";
export type {
  EpochRecord,
  EvaluationRecord,
  FineTuneEvent,
  FineTuneResult,
  ResumedEvent,
  StepEvent,
} from "./training/events";
export type { FineTuneData, FineTuneOptions } from "./training/FineTuneOptions";
export { type FeaturesOptions, FrozenFeatures } from "./training/FrozenFeatures";
export { fineTune } from "./training/fineTune";
export { type CutPoints, fitCutPoints } from "./training/fitCutPoints";
export { type Ensemble, type EnsembleOptions, fitEnsemble } from "./training/fitEnsemble";
export { fitThresholds, type Thresholds } from "./training/fitThresholds";
export { greedySoup, type Ingredient, type Soup, type SoupOptions } from "./training/greedySoup";
export { labelsAbove } from "./training/labelsAbove";
export type { ParameterGroup } from "./training/learningRates";
export type { CustomLoss, LossChoice, LossName } from "./training/loss";
export { type Metrics, type MetricsOptions, metrics } from "./training/metrics";
export { type Predictions, type PredictOptions, predict } from "./training/predict";
export { type FoundSpan, predictTokens, type TokenPredictions } from "./training/predictTokens";
export type { Run } from "./training/Run";
export type { SaveEvery } from "./training/SavePace";
export type { Schedule } from "./training/schedule";
export { toGrades } from "./training/toGrades";
export type { Unfreeze } from "./training/Unfreezing";
export type { AverageChoice, EmaAverage, SwaAverage } from "./training/WeightAverage";
export { type Mistake, type MistakesOptions, worstMistakes } from "./training/worstMistakes";
export { version } from "./version";
