import { InputError } from "../../errors";

/** How a folder's tokenizer is put together: as one of Transformers' classes does it, or as its tokenizer.json says. */
export type TokenizerClass =
  | "Bert"
  | "DistilBert"
  | "ConvBert"
  | "Roberta"
  | "XLMRoberta"
  | "DebertaV2"
  | "Albert"
  | "AsWritten";

/** The classes of Transformers 5 that are known here, without their ending "Tokenizer"; some are one class under several names. */
const CLASSES: Record<string, TokenizerClass> = {
  Bert: "Bert",
  Electra: "Bert",
  MobileBert: "Bert",
  SqueezeBert: "Bert",
  LayoutLM: "Bert",
  DistilBert: "DistilBert",
  ConvBert: "ConvBert",
  Roberta: "Roberta",
  Bart: "Roberta",
  Longformer: "Roberta",
  XLMRoberta: "XLMRoberta",
  DebertaV2: "DebertaV2",
  Albert: "Albert",
};
const AS_WRITTEN = ["PreTrainedTokenizerFast", "PreTrainedTokenizer", "TokenizersBackend"];

/** The class by a config.json's `model_type`, where nothing names one. */
const OF_MODELS: Record<string, TokenizerClass> = {
  albert: "Albert",
  bert: "Bert",
  "deberta-v2": "DebertaV2",
  distilbert: "DistilBert",
  electra: "Bert",
  modernbert: "AsWritten",
  roberta: "Roberta",
  "xlm-roberta": "XLMRoberta",
};

/** The class by the vocabulary's file, in a folder that holds neither tokenizer.json nor a word about the class. */
const OF_FILES: [file: string, kind: TokenizerClass][] = [
  ["vocab.txt", "Bert"],
  ["merges.txt", "Roberta"],
  ["sentencepiece.bpe.model", "XLMRoberta"],
  ["spm.model", "DebertaV2"],
  ["spiece.model", "Albert"],
];

/**
 * The class that AutoTokenizer of Transformers 5 takes: the one that tokenizer_config.json names, else config.json's
 * `tokenizer_class`, else the one of its `model_type`. ModernBERT is read as its tokenizer.json is written whatever is named,
 * since published folders name a wrong class.
 *
 * @throws InputError for a class that is not known here
 */
export function chooseClass(
  where: string,
  config: Record<string, unknown> | undefined,
  tokenizerConfig: Record<string, unknown> | undefined,
  has: (file: string) => boolean,
): TokenizerClass {
  const modelType = config?.model_type;
  if (modelType === "modernbert") return "AsWritten";
  const file = tokenizerConfig?.tokenizer_class ? "tokenizer_config.json" : "config.json";
  const named = tokenizerConfig?.tokenizer_class || config?.tokenizer_class;
  if (named) {
    const name = String(named);
    if (AS_WRITTEN.includes(name)) return "AsWritten";
    const stem = /^(\w+)Tokenizer(Fast)?$/.exec(name)?.[1] ?? "";
    if (Object.hasOwn(CLASSES, stem)) return CLASSES[stem];
    throw unknown(`${where}: tokenizer_class in ${file}`, JSON.stringify(named));
  }
  if (typeof modelType === "string" && modelType !== "") {
    if (Object.hasOwn(OF_MODELS, modelType)) return OF_MODELS[modelType];
    throw unknown(`${where}: model_type in config.json`, JSON.stringify(modelType));
  }
  if (has("tokenizer.json")) return "AsWritten";
  return OF_FILES.find(([name]) => has(name))?.[1] ?? "AsWritten";
}

const unknown = (what: string, got: string) =>
  new InputError(
    `${what}: expected one of ${[...new Set(Object.values(CLASSES))].filter((name) => name !== "ConvBert").join(", ")} (ending in Tokenizer) or PreTrainedTokenizerFast, got ${got}; ` +
      `a complete tokenizer.json is read as it is written where tokenizer_config.json says "tokenizer_class": "PreTrainedTokenizerFast"`,
  );
