import { InputError } from "../../errors";
import { AddedVocabulary } from "./AddedVocabulary";
import { chooseClass, type TokenizerClass } from "./chooseClass";
import { readSentencePiece } from "./readSentencePiece";
import type { AddedToken, Model, Part, TokenizerJson } from "./tokenizerJson";

/** What a folder's files come to: a complete `tokenizer.json` and what Transformers keeps beside it. */
export interface BuiltTokenizer {
  /** As AutoTokenizer's `save_pretrained` would write it. */
  json: TokenizerJson;
  added: AddedVocabulary;
  class: TokenizerClass;
  /** The padding token, where one is named or its class has one. */
  padToken?: string;
  truncationSide: "left" | "right";
  /** In tokens; Infinity where the files name none. */
  modelMaxLength: number;
  /** Whether special tokens in a text are read as text. */
  splitSpecialTokens: boolean;
  /** Whether the second text of a pair is told from the first. */
  hasTypes: boolean;
  /** What a user should know, a line each. */
  notes: string[];
}

type Fields = Record<string, unknown>;

/**
 * Puts a tokenizer together from a folder's files as AutoTokenizer of Transformers 5 does: the class (see `chooseClass`) decides
 * what is taken from them. Bert, Roberta, XLMRoberta, DebertaV2 and Albert take nothing but the vocabulary from `tokenizer.json`
 * and split and normalise by the fields of `tokenizer_config.json`; where there is no `tokenizer.json` they read the vocabulary's
 * own files. Added and special tokens come from `added_tokens_decoder` or, where that is missing, from `special_tokens_map.json`,
 * `added_tokens.json` and `tokenizer.json`.
 *
 * @param where the folder, for errors
 * @param files by name; undefined for one that is not there
 * @throws InputError naming the file and what is missing in it, or what is not known here
 */
export async function buildTokenizer(
  where: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<BuiltTokenizer> {
  const folder = new TokenizerFolder(where, files);
  const config = folder.json("config.json");
  const settings = folder.json("tokenizer_config.json");
  const kind = chooseClass(where, config, settings, (name) => files.has(name));
  const written = folder.json("tokenizer.json") as TokenizerJson | undefined;
  if (written && (typeof written.model !== "object" || written.model === null))
    throw new InputError(`${where}/tokenizer.json: expected a model in it, got none`);
  const values: Fields = { ...settings };
  if (written) for (const name of ["add_bos_token", "add_eos_token"]) delete values[name];
  values.extra_special_tokens ??= values.additional_special_tokens;
  const listed = listAddedTokens(folder, values, written);
  if (side(where, "padding_side", values.padding_side ?? written?.padding?.direction) === "left")
    throw new InputError(
      `${where}: padding_side "left" is not known here: frostkit fills batches on the right; set it to "right" in tokenizer_config.json`,
    );
  const notes: string[] = [];
  const made = await assemble(kind, { folder, values, written, notes });
  const names = namedTokens(values, made.tokens, written, listed);
  const added = addAll(
    made,
    names,
    values,
    listed,
    kind === "AsWritten" || kind === "ConvBert" ? written : undefined,
  );
  const idOf = (token: string) => added.idOf(token) as number;
  const post_processor = made.postProcessor(idOf, (role) => names.get(`${role}_token`)?.content ?? "");
  return {
    json: { ...made.json, post_processor, added_tokens: added.tokens },
    added,
    class: kind,
    padToken: names.get("pad_token")?.content ?? written?.padding?.pad_token,
    truncationSide: side(where, "truncation_side", values.truncation_side ?? written?.truncation?.direction),
    modelMaxLength: maxLength(where, values),
    splitSpecialTokens: values.split_special_tokens === true,
    hasTypes: hasTypes(kind, values.model_input_names, config),
    notes,
  };
}

/** Where `model_input_names` lists them or, without such a list, where the class gives them; a tokenizer.json as such asks the model. */
function hasTypes(kind: TokenizerClass, inputNames: unknown, config: Fields | undefined): boolean {
  if (Array.isArray(inputNames)) return inputNames.includes("token_type_ids");
  // Transformers 5 leaves ALBERT's out, which the model was trained with; earlier versions give them.
  if (["Bert", "ConvBert", "DebertaV2", "Albert"].includes(kind)) return true;
  return kind === "AsWritten" && Number(config?.type_vocab_size ?? 0) > 1;
}

/** A folder's files, with errors that name them. */
class TokenizerFolder {
  constructor(
    readonly where: string,
    readonly files: ReadonlyMap<string, Uint8Array>,
  ) {}

  text(name: string): string | undefined {
    const bytes = this.files.get(name);
    return bytes && new TextDecoder("utf-8", { ignoreBOM: name === "vocab.txt" }).decode(bytes);
  }

  json(name: string): Fields | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new InputError(`${this.where}/${name}: expected JSON, got ${(error as Error).message}`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new InputError(`${this.where}/${name}: expected a JSON object, got ${text.slice(0, 40)}`);
    return value as Fields;
  }

  /** The error for a folder that has not what its class reads. */
  missing(expected: string): InputError {
    const names = [...this.files.keys()].filter((name) => /token|vocab|merges|\.model$|\.codes$/.test(name));
    return new InputError(
      `${this.where}: expected tokenizer.json, or ${expected}, got ${names.join(", ") || "no tokenizer file"}; ` +
        "in Python, AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes tokenizer.json",
    );
  }
}

interface Listed {
  /** By the id that the file names, which decides the order alone. */
  byId: Map<number, AddedToken>;
  byContent: Map<string, AddedToken>;
}

/** Tokens besides the vocabulary's, and what special_tokens_map.json says, which is written into the values (`_from_pretrained`). */
function listAddedTokens(
  folder: TokenizerFolder,
  values: Fields,
  written: TokenizerJson | undefined,
): Listed {
  const byId = new Map<number, AddedToken>();
  const byContent = new Map<string, AddedToken>();
  const list = (id: number, token: AddedToken) => {
    byId.set(id, token);
    byContent.set(token.content, token);
  };
  if (values.added_tokens_decoder !== undefined) {
    for (const [id, token] of Object.entries(values.added_tokens_decoder as Fields))
      list(Number(id), tokenOf(token, `${folder.where}/tokenizer_config.json: added_tokens_decoder`));
  } else {
    for (const [role, value] of Object.entries(folder.json("special_tokens_map.json") ?? {})) {
      if (role !== "extra_special_tokens" || !Array.isArray(value)) values[role] = asSpecial(value);
      else values[role] = [...((values[role] as unknown[]) ?? []), ...value.map(asSpecial)];
    }
    if (folder.files.has("special_tokens_map.json"))
      values.extra_special_tokens ??= values.additional_special_tokens;
    const special = new Set(ROLES.map((role) => contentOf(values[role])));
    for (const token of listOf(values.extra_special_tokens)) special.add(contentOf(token));
    for (const [content, id] of Object.entries(folder.json("added_tokens.json") ?? {})) {
      const isSpecial = special.has(content);
      list(id as number, { ...PLAIN, content, normalized: !isSpecial, special: isSpecial });
    }
    for (const { id, ...token } of written?.added_tokens ?? [])
      list(id, tokenOf(token, `${folder.where}/tokenizer.json: added_tokens`));
  }
  return { byId, byContent };
}

const ROLES = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map((role) => `${role}_token`);
const PLAIN = { single_word: false, lstrip: false, rstrip: false };

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const contentOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : (value as AddedToken | null | undefined)?.content;
const asSpecial = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value, special: true } : value;

/** A token as files write it: fields that are missing are false, but `normalized`, which a token that is not special is. */
function tokenOf(value: unknown, where: string): AddedToken {
  const { content, special = false, ...rest } = (value ?? {}) as Partial<AddedToken>;
  if (typeof content !== "string")
    throw new InputError(`${where}: expected tokens with their "content", got ${JSON.stringify(value)}`);
  const { single_word = false, lstrip = false, rstrip = false, normalized = !special } = rest;
  return { content, single_word, lstrip, rstrip, normalized, special };
}

/** The tokens by their roles, in the order in which they are added: the standard ones, then others that the files name. */
function namedTokens(
  values: Fields,
  byClass: Record<string, string>,
  written: TokenizerJson | undefined,
  { byContent }: Listed,
): Map<string, AddedToken> {
  const pad = byClass.pad ?? written?.padding?.pad_token;
  const given: Fields = { ...values };
  if (pad !== undefined) given.pad_token ??= pad;
  for (const [role, token] of Object.entries(byClass))
    if (given[`${role}_token`] === undefined) given[`${role}_token`] = token;
  const extra = given.extra_special_tokens;
  const own = Object.keys(values).filter(
    (key) => key.endsWith("_token") && !ROLES.includes(key) && contentOf(values[key]) !== undefined,
  );
  const named: [string, unknown][] = [...ROLES, ...own].map((role) => [role, given[role]]);
  if (typeof extra === "object" && extra !== null && !Array.isArray(extra))
    named.push(...Object.entries(extra));
  return new Map(
    named.flatMap(([role, value]) => {
      if (value === null || value === undefined) return [];
      const content = contentOf(value);
      if (typeof value === "string") {
        const known = ROLES.includes(role) ? byContent.get(value) : undefined;
        return [[role, known ?? { ...PLAIN, content: value, normalized: false, special: true }]];
      }
      if (content === undefined)
        throw new InputError(
          `${role}: expected a token, as a text or with its "content", got ${JSON.stringify(value)}`,
        );
      const known = ROLES.includes(role) ? byContent.get(content) : undefined;
      return [[role, known ?? tokenOf(value, role)]];
    }),
  );
}

/** Adds what the files list and name to the model's vocabulary, in the order of `TokenizersBackend.__init__`. */
function addAll(
  made: Made,
  names: Map<string, AddedToken>,
  values: Fields,
  { byId }: Listed,
  written: TokenizerJson | undefined,
): AddedVocabulary {
  const added = new AddedVocabulary(idsOf(made.json.model));
  if (written)
    added.add((written.added_tokens ?? []).map((token) => tokenOf(token, "tokenizer.json: added_tokens")));
  const toAdd = [...byId.keys()]
    .sort((a, b) => a - b)
    .map((id) => byId.get(id)!)
    .filter((token) => !added.holds(token));
  const known = new Set([...added.tokens, ...toAdd].map(({ content }) => content));
  const more = [...names.values()];
  for (const token of made.extra ?? listOf(values.extra_special_tokens))
    more.push(
      typeof token === "string"
        ? { ...PLAIN, content: token, normalized: false, special: true }
        : tokenOf(token, "extra_special_tokens"),
    );
  for (const token of more) {
    if (known.has(token.content)) continue;
    known.add(token.content);
    toAdd.push(token);
  }
  const roles = new Set([...names.values()].map(({ content }) => content));
  added.add(toAdd.map((token) => (roles.has(token.content) ? { ...token, special: true } : token)));
  return added;
}

/** The ids of a model's own vocabulary. */
export const idsOf = ({ vocab }: Model): Map<string, number> =>
  Array.isArray(vocab) ? new Map(vocab.map(([piece], id) => [piece, id])) : new Map(Object.entries(vocab));

/** What a class makes of the files. */
interface Made {
  json: Omit<TokenizerJson, "post_processor" | "added_tokens">;
  /** The class's own special tokens, by their roles. */
  tokens: Record<string, string>;
  /** Special tokens beside those that have a role, where a SentencePiece model lists them. */
  extra?: AddedToken[];
  postProcessor(idOf: (token: string) => number, named: (role: string) => string): Part | null;
}

interface Sources {
  folder: TokenizerFolder;
  values: Fields;
  written: TokenizerJson | undefined;
  notes: string[];
}

const BERT_TOKENS = { unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]" };
const ROBERTA_TOKENS = {
  bos: "<s>",
  eos: "</s>",
  sep: "</s>",
  cls: "<s>",
  unk: "<unk>",
  pad: "<pad>",
  mask: "<mask>",
};

function assemble(kind: TokenizerClass, sources: Sources): Made | Promise<Made> {
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
  // A vocabulary by itself is none that AutoTokenizer would read: its capitals tell.
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

const bertTemplate: Made["postProcessor"] = (idOf, named) =>
  template(
    [named("cls"), "A", named("sep")],
    [named("cls"), "A", named("sep"), "B1", `${named("sep")}`],
    idOf,
  );

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

const WHOLE_WORDS = (scheme: string): Part => ({
  type: "Sequence",
  pretokenizers: [{ type: "WhitespaceSplit" }, metaspace(scheme)],
});
const metaspace = (prepend_scheme: string): Part => ({
  type: "Metaspace",
  replacement: "▁",
  prepend_scheme,
  split: true,
});

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

/** A template of special tokens and of texts, "A" and "B"; from "B1" on the segment is 1. */
function template(single: string[], pair: string[], idOf: (token: string) => number): Part {
  const pieces = (parts: string[]) => {
    const second = parts.indexOf("B1");
    return parts.map((part, i) => {
      const type_id = second >= 0 && i >= second ? 1 : 0;
      if (part === "A") return { Sequence: { id: "A", type_id } };
      if (part === "B" || part === "B1") return { Sequence: { id: "B", type_id } };
      return { SpecialToken: { id: part, type_id } };
    });
  };
  const named = [...new Set(single)].filter((part) => part !== "A");
  const special_tokens = Object.fromEntries(named.map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }]));
  return { type: "TemplateProcessing", single: pieces(single), pair: pieces(pair), special_tokens };
}

const unigram = (vocab: [string, number][], unk_id: number): Model => ({
  type: "Unigram",
  unk_id,
  vocab,
  byte_fallback: false,
});

/** The class's special tokens, by role, with those the files name in their place. */
function rolesOf<Role extends string>(values: Fields, byClass: Record<Role, string>): Record<Role, string> {
  const entries = Object.entries<string>(byClass);
  return Object.fromEntries(
    entries.map(([role, token]) => [role, contentOf(values[`${role}_token`]) ?? token]),
  ) as Record<Role, string>;
}

/** The vocabulary of a tokenizer.json whose model is of the wanted type. */
function vocabOf(folder: TokenizerFolder, { model }: TokenizerJson, type: string): Record<string, number> {
  const { vocab } = model;
  const isWanted = (model.type ?? type) === type && typeof vocab === "object" && vocab !== null;
  if (!isWanted || Array.isArray(vocab))
    throw new InputError(
      `${folder.where}/tokenizer.json: expected a ${type} model, as the class that the folder's config files name reads it, got ${model.type}`,
    );
  return vocab;
}

/** A token a line; white space at its end is none of it. */
function linesOf(folder: TokenizerFolder): Record<string, number> {
  const text = folder.text("vocab.txt");
  if (text === undefined) throw folder.missing("vocab.txt as of BERT");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return Object.fromEntries(lines.map((line, id) => [line.replace(/\p{White_Space}+$/u, ""), id]));
}

/** vocab.json and merges.txt, as OpenAI's GPT-2 laid them out. */
function bpeFiles(folder: TokenizerFolder): Pick<Model, "merges"> & { vocab: Record<string, number> } {
  const vocab = folder.json("vocab.json") as Record<string, number> | undefined;
  const text = folder.text("merges.txt");
  if (vocab === undefined || text === undefined)
    throw folder.missing("vocab.json and merges.txt as of RoBERTa");
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const merges = lines.flatMap((line, i): [string, string][] => {
    if (line.startsWith("#version")) return [];
    const [left, right, ...more] = line.split(" ");
    if (!left || !right || more.length > 0)
      throw new InputError(
        `${folder.where}/merges.txt, line ${i + 1}: expected two tokens with a space between, got ${JSON.stringify(line)}`,
      );
    for (const token of [left, right, left + right])
      if (!Object.hasOwn(vocab, token))
        throw new InputError(
          `${folder.where}/merges.txt, line ${i + 1}: expected tokens of vocab.json, got ${JSON.stringify(token)}, which is none`,
        );
    return [[left, right]];
  });
  return { vocab, merges };
}

interface Pieces {
  vocab: [string, number][];
  /** Base64; empty where text is not normalised by one. */
  charsmap: string;
  unkId?: number;
  extra?: AddedToken[];
}

/** Unigram's pieces and normalisation: from tokenizer.json, else from a SentencePiece model. */
async function unigramOf({ folder, written, values }: Sources, file: string): Promise<Pieces> {
  if (written) {
    const { vocab, type = "Unigram" } = written.model;
    if (type !== "Unigram" || !Array.isArray(vocab))
      throw new InputError(
        `${folder.where}/tokenizer.json: expected a Unigram model, as the class that the folder's config files name reads it, got ${type}`,
      );
    return { vocab, charsmap: charsmapOf(written.normalizer) };
  }
  const name = ["tokenizer.model", file].find((name) => folder.files.has(name));
  if (name === undefined) throw folder.missing(`${file}, a SentencePiece model`);
  const model = await readSentencePiece(`${folder.where}/${name}`, folder.files.get(name)!);
  const listed = model.pieces
    .filter(({ kind }) => kind !== "normal")
    .map(({ piece, kind }) => ({ ...PLAIN, content: piece, normalized: false, special: kind === "control" }));
  return {
    vocab: model.pieces.map(({ piece, score }) => [piece, score]),
    charsmap: Buffer.from(model.charsmap).toString("base64"),
    unkId: model.unkId,
    extra: values.extra_special_tokens === undefined ? listed : undefined,
  };
}

/** The first map of SentencePiece in a normaliser, one level deep. */
function charsmapOf(part: Part | null): string {
  const parts = part?.type === "Sequence" ? (part.normalizers as Part[]) : part ? [part] : [];
  return String(parts.find(({ type }) => type === "Precompiled")?.precompiled_charsmap ?? "");
}

function requireTokens(
  folder: TokenizerFolder,
  file: string,
  vocab: Record<string, number>,
  tokens: string[],
): void {
  const missing = tokens.find((token) => !Object.hasOwn(vocab, token));
  if (missing !== undefined)
    throw new InputError(
      `${folder.where}/${file}: expected the token ${missing}, got a vocabulary without it`,
    );
}

const hasCapitals = (vocab: Record<string, number>, special: string[]): boolean =>
  Object.keys(vocab).some((token) => /[A-Z]/.test(token) && !special.includes(token));

function flag<Default extends boolean | null>(
  folder: TokenizerFolder,
  values: Fields,
  name: string,
  byDefault: Default,
): boolean | Default {
  const value = values[name] === undefined ? byDefault : values[name];
  if (typeof value === "boolean" || (value === null && byDefault === null)) return value as boolean | Default;
  throw new InputError(
    `${folder.where}/tokenizer_config.json: ${name}: expected true or false, got ${JSON.stringify(value)}`,
  );
}

function side(where: string, name: string, value: unknown): "left" | "right" {
  const word = String(value ?? "right").toLowerCase();
  if (word === "left" || word === "right") return word;
  throw new InputError(
    `${where}/tokenizer_config.json: ${name}: expected "left" or "right", got ${JSON.stringify(value)}`,
  );
}

/** null, or none at all, is no limit; older files say `max_len`. */
function maxLength(where: string, values: Fields): number {
  const name = values.model_max_length === undefined ? "max_len" : "model_max_length";
  const value = values[name] ?? Number.POSITIVE_INFINITY;
  if (typeof value === "number" && value >= 1) return value;
  throw new InputError(
    `${where}/tokenizer_config.json: ${name}: expected a number of tokens from 1 on, or null, got ${JSON.stringify(value)}`,
  );
}
