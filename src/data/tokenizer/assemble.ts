import { InputError } from "../../errors";
import type { TokenizerClass } from "./chooseClass";
import {
  BERT_TOKENS,
  bertTemplate,
  type Made,
  metaspace,
  ROBERTA_TOKENS,
  rolesOf,
  type Sources,
  template,
  unigram,
  WHOLE_WORDS,
} from "./classParts";
import { flag } from "./TokenizerFolder";
import type { Model } from "./tokenizerJson";
import { bpeFiles, linesOf, requireTokens, unigramOf, vocabOf } from "./vocabularies";

/** What a class makes of a folder's files, as its `__init__` in Transformers 5 does. */
export function assemble(kind: TokenizerClass, sources: Sources): Made | Promise<Made> {
  switch (kind) {
    case "Bert":
    case "DistilBert":
      return bert(sources);
    case "ConvBert":
      // The one class of BERT's kind that takes tokenizer.json as it is written, but for where special tokens go.
      return sources.written
        ? { ...asWritten(sources), tokens: BERT_TOKENS, postProcessor: bertTemplate }
        : bert(sources);
    case "Roberta":
      return roberta(sources);
    case "XLMRoberta":
      return xlmRoberta(sources);
    case "DebertaV2":
      return debertaV2(sources);
    case "Albert":
      return albert(sources);
    case "AsWritten":
      return asWritten(sources);
  }
}

function asWritten({ folder, written }: Sources): Made {
  if (!written)
    throw folder.missing(
      "a vocabulary alone: vocab.txt, vocab.json with merges.txt, or a SentencePiece model",
    );
  const { added_tokens, post_processor, ...json } = written;
  refuseUnknownModel(json.model);
  return {
    json: {
      ...json,
      normalizer: json.normalizer ?? null,
      pre_tokenizer: json.pre_tokenizer ?? null,
      decoder: json.decoder ?? null,
    },
    tokens: {},
    postProcessor: () => post_processor ?? null,
  };
}

/** Throws for what Transformers.js passes over in silence. */
function refuseUnknownModel(model: Model): void {
  const refused = [
    ["byte_fallback", model.type === "Unigram" && model.byte_fallback],
    ["continuing_subword_prefix", model.type === "BPE" && model.continuing_subword_prefix],
    ["dropout", model.dropout],
  ];
  for (const [name, value] of refused)
    if (value)
      throw new InputError(
        `tokenizer.json: ${name} of a ${model.type} model is not known here, got ${JSON.stringify(value)}`,
      );
}

/** `BertTokenizer.__init__` */
function bert({ folder, values, written, notes }: Sources): Made {
  const vocab = written ? vocabOf(folder, written, "WordPiece") : linesOf(folder);
  const tokens = rolesOf(values, BERT_TOKENS);
  if (!written) requireTokens(folder, "vocab.txt", vocab, [tokens.pad, tokens.unk, tokens.cls, tokens.sep]);
  const open = values.do_lower_case === undefined && hasCapitals(vocab, Object.values(tokens));
  // AutoTokenizer would not read a vocabulary without any config: its capitals decide.
  const alone = !folder.files.has("config.json") && !folder.files.has("tokenizer_config.json");
  const lowercase = open && alone ? false : flag(folder, values, "do_lower_case", true);
  if (open && lowercase)
    notes.push(
      `${folder.where}: the vocabulary has words with capitals, and texts are lower-cased all the same, as in Python, since nothing says otherwise; ` +
        `for a cased model put "do_lower_case": false into tokenizer_config.json`,
    );
  return {
    json: {
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: flag(folder, values, "tokenize_chinese_chars", true),
        strip_accents: flag(folder, values, "strip_accents", null),
        lowercase,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: tokens.unk,
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab,
      },
    },
    tokens: BERT_TOKENS,
    postProcessor: bertTemplate,
  };
}

/** `RobertaTokenizer.__init__` */
function roberta({ folder, values, written }: Sources): Made {
  const spaced = flag(folder, values, "add_prefix_space", false);
  const model = written
    ? { vocab: vocabOf(folder, written, "BPE"), merges: written.model.merges ?? [] }
    : bpeFiles(folder);
  const tokens = rolesOf(values, ROBERTA_TOKENS);
  if (!written) requireTokens(folder, "vocab.json", model.vocab, [tokens.cls, tokens.sep, tokens.pad]);
  return {
    json: {
      normalizer: null,
      pre_tokenizer: { type: "ByteLevel", add_prefix_space: spaced, trim_offsets: true, use_regex: true },
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: "",
        end_of_word_suffix: "",
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        ...model,
      },
    },
    tokens: ROBERTA_TOKENS,
    postProcessor: (idOf, named) => ({
      type: "RobertaProcessing",
      sep: [named("sep"), idOf(named("sep"))],
      cls: [named("cls"), idOf(named("cls"))],
      trim_offsets: true,
      add_prefix_space: spaced,
    }),
  };
}

/** `XLMRobertaTokenizer.__init__`, and `XLMRobertaConverter` for a SentencePiece model, whose first three pieces go. */
async function xlmRoberta(sources: Sources): Promise<Made> {
  const { folder, values, written } = sources;
  const scheme = flag(folder, values, "add_prefix_space", true) ? "always" : "never";
  const { vocab, charsmap, extra } = await unigramOf(sources, "sentencepiece.bpe.model");
  const tokens = rolesOf(values, ROBERTA_TOKENS);
  const front = [tokens.bos, tokens.pad, tokens.eos, tokens.unk].map((token): [string, number] => [token, 0]);
  return {
    json: {
      normalizer: charsmap ? { type: "Precompiled", precompiled_charsmap: charsmap } : null,
      pre_tokenizer: WHOLE_WORDS(scheme),
      decoder: metaspace(scheme),
      model: unigram(written ? vocab : [...front, ...vocab.slice(3), [tokens.mask, 0]], 3),
    },
    tokens: ROBERTA_TOKENS,
    extra,
    postProcessor: (idOf, named) => {
      const [bos, eos] = [named("bos"), named("eos")];
      return template([bos, "A", eos], [bos, "A", eos, eos, "B", eos], idOf);
    },
  };
}

/** `DebertaV2Tokenizer.__init__`, which leaves out the normalisation of its SentencePiece model. */
async function debertaV2(sources: Sources): Promise<Made> {
  const { folder, values } = sources;
  const { vocab, unkId, extra } = await unigramOf(sources, "spm.model");
  const tokens = rolesOf(values, { ...BERT_TOKENS, bos: "[CLS]", eos: "[SEP]" });
  const scheme = flag(folder, values, "add_prefix_space", true) ? "always" : "first";
  const named = vocab.findIndex(([piece, score]) => piece === tokens.unk && score === 0);
  const given = typeof values.unk_id === "number" ? values.unk_id : 1;
  const space = { type: "Replace", pattern: { Regex: "\\s{2,}|[\\n\\r\\t]" }, content: " " };
  return {
    json: {
      normalizer: {
        type: "Sequence",
        normalizers: [
          ...(flag(folder, values, "do_lower_case", false) ? [{ type: "Lowercase" }] : []),
          space,
          { type: "NFC" },
          { type: "Strip", strip_left: false, strip_right: true },
        ],
      },
      pre_tokenizer: {
        type: "Sequence",
        pretokenizers: [
          ...(flag(folder, values, "split_by_punct", false)
            ? [{ type: "Punctuation", behavior: "Isolated" }]
            : []),
          metaspace(scheme),
        ],
      },
      decoder: metaspace(scheme),
      model: unigram(vocab, named >= 0 ? named : (unkId ?? given)),
    },
    tokens: { ...BERT_TOKENS, bos: "[CLS]", eos: "[SEP]" },
    extra,
    postProcessor: bertTemplate,
  };
}

/** `AlbertTokenizer.__init__`, whose post-processor is that of tokenizer.json where there is one. */
async function albert(sources: Sources): Promise<Made> {
  const { folder, values, written } = sources;
  const { vocab, charsmap, extra } = await unigramOf(sources, "spiece.model");
  const scheme = flag(folder, values, "add_prefix_space", true) ? "always" : "never";
  const quotes = ["``", "''"].map((mark) => ({ type: "Replace", pattern: { String: mark }, content: '"' }));
  const albertTokens = { ...BERT_TOKENS, bos: "[CLS]", eos: "[SEP]", unk: "<unk>", pad: "<pad>" };
  return {
    json: {
      normalizer: {
        type: "Sequence",
        normalizers: [
          ...quotes,
          ...(flag(folder, values, "keep_accents", false)
            ? []
            : [{ type: "NFKD" }, { type: "StripAccents" }]),
          ...(flag(folder, values, "do_lower_case", true) ? [{ type: "Lowercase" }] : []),
          ...(charsmap ? [{ type: "Precompiled", precompiled_charsmap: charsmap }] : []),
        ],
      },
      pre_tokenizer: WHOLE_WORDS(scheme),
      decoder: metaspace(scheme),
      model: unigram(vocab, 1),
    },
    tokens: albertTokens,
    extra,
    postProcessor: (idOf, named) => {
      if (written?.post_processor) return written.post_processor;
      const ids = (token: string) => idOf(token === "[CLS]" ? named("cls") : named("sep"));
      return template(["[CLS]", "A", "[SEP]"], ["[CLS]", "A", "[SEP]", "B1", "[SEP]"], ids);
    },
  };
}

const hasCapitals = (vocab: Record<string, number>, special: string[]): boolean =>
  Object.keys(vocab).some((token) => /[A-Z]/.test(token) && !special.includes(token));
