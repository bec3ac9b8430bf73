import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../errors";

/** Tokenizers whose `vocab.txt` is read as BERT's; others with such a file (BERTweet, Japanese BERT) split words otherwise. */
export const BERT_LIKE = /^(Bert|ConvBert|DistilBert|Electra|MobileBert|SqueezeBert)Tokenizer(Fast)?$/;

/**
 * What `tokenizer.json` would hold, made from `vocab.txt` as Transformers makes it (`BertTokenizer.__init__`). Whether to
 * lower-case is said by `do_lower_case`; where nothing says so, by the vocabulary: one without Latin capitals is uncased.
 */
export async function wordPieceTokenizerJson(
  folder: string,
  config: Record<string, unknown>,
): Promise<{ json: object; config: object }> {
  const path = join(folder, "vocab.txt");
  const name = config.tokenizer_class as string | null | undefined;
  if (!existsSync(path) || (name && !BERT_LIKE.test(name)))
    throw new InputError(
      `${folder}: expected tokenizer.json, or vocab.txt as of BERT, got ${found(folder)}${name ? ` of ${name}` : ""}; ` +
        "in Python, AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes tokenizer.json",
    );
  const lines = (await readFile(path, "utf8")).split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const vocab = new Map(lines.map((token, id) => [token, id]));
  const special = (role: string, fallback: string) => {
    const named = config[`${role}_token`] as string | { content: string } | undefined;
    const content = (typeof named === "object" ? named?.content : named) ?? fallback;
    const id = vocab.get(content);
    if (id === undefined)
      throw new InputError(`${path}: expected the token ${content}, got a vocabulary without it`);
    return { id, content, special: true, normalized: false };
  };
  const pad = special("pad", "[PAD]");
  const unk = special("unk", "[UNK]");
  const cls = special("cls", "[CLS]");
  const sep = special("sep", "[SEP]");
  const added = [pad, unk, cls, sep, ...(vocab.has("[MASK]") ? [special("mask", "[MASK]")] : [])];
  const cased = lines.some((token) => /[A-Z]/.test(token) && !added.some(({ content }) => content === token));
  const token = ({ content }: { content: string }, type_id: number) => ({
    SpecialToken: { id: content, type_id },
  });
  const sequence = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const single = [token(cls, 0), sequence("A", 0), token(sep, 0)];
  return {
    json: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: added,
      normalizer: {
        type: "BertNormalizer",
        clean_text: true,
        handle_chinese_chars: config.tokenize_chinese_chars ?? true,
        strip_accents: config.strip_accents ?? null,
        lowercase: config.do_lower_case ?? !cased,
      },
      pre_tokenizer: { type: "BertPreTokenizer" },
      post_processor: {
        type: "TemplateProcessing",
        single,
        pair: [...single, sequence("B", 1), token(sep, 1)],
        special_tokens: {},
      },
      decoder: { type: "WordPiece", prefix: "##", cleanup: true },
      model: {
        type: "WordPiece",
        unk_token: unk.content,
        continuing_subword_prefix: "##",
        max_input_chars_per_word: 100,
        vocab: Object.fromEntries(vocab),
      },
    },
    config: { ...config, pad_token: pad.content, unk_token: unk.content },
  };
}

function found(folder: string): string {
  const names = readdirSync(folder).filter((name) => /token|vocab|merges|\.model$|\.bpe$/.test(name));
  return names.join(", ") || "no tokenizer file";
}
