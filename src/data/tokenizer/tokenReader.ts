import { InputError } from "../../errors";
import { loadTransformers } from "../loadTransformers";
import type { BuiltTokenizer } from "./buildTokenizer";
import { matchTokens, type Pattern } from "./matchTokens";
import { type Normalizer, normalizer } from "./normalizer";
import { alignNormalized, lengthsOf, placeWords, type TokenPiece, wholeCharacters } from "./pieces";
import { type PreTokenizer, preTokenizer } from "./preTokenizer";

/** The part of @huggingface/tokenizers' Tokenizer that is used here. */
interface Core {
  normalizer: Normalizer | null;
  pre_tokenizer: PreTokenizer | null;
  model: {
    (words: string[]): string[];
    tokens_to_ids: Map<string, number>;
    unk_token_id?: number;
    vocab: string[];
  };
}

/** A text's tokens, or so many of them that the rest would be cut. */
interface ReadTokens {
  ids: number[];
  /** Whether these are all. */
  whole: boolean;
}

/** How many words' tokens are held, so that frequent words are tokenized once. */
const KNOWN_WORDS = 50_000;

/**
 * Reads a text to token ids, special tokens around it left out, as Hugging Face's tokenizers do (`TokenizerImpl::encode`): added
 * tokens are cut out of the text, what is between them is normalised, cut at added tokens that are looked for in normalised text,
 * then into words, and each word is tokenized by the model, which is Transformers.js's.
 *
 * As there (`PreTokenizedString::tokenize_with_limit`, version 0.23), no word is tokenized once there are as many tokens as are wanted: of
 * two texts that are cut, how far each was read decides which is the longer.
 *
 * @throws InputError for a tokenizer.json that Transformers.js cannot read
 */
export async function tokenReader(
  where: string,
  { json, added, splitSpecialTokens }: BuiltTokenizer,
): Promise<{
  read: (text: string, limit: number, fromEnd: boolean) => ReadTokens;
  /** All tokens of a text, each with the part of it that it stands for. */
  pieces: (text: string) => TokenPiece[];
  vocabSize: number;
}> {
  const { PreTrainedTokenizer } = await loadTransformers();
  let core: Core;
  try {
    // Without added tokens, which it would take into the model's vocabulary.
    const made = new PreTrainedTokenizer(
      { ...json, post_processor: null, decoder: null, added_tokens: [] },
      {},
    );
    core = made._tokenizer as unknown as Core;
  } catch (error) {
    throw new InputError(
      `${where}/tokenizer.json: expected a tokenizer that Transformers.js can read, got: ${(error as Error).message}`,
    );
  }
  const { model } = core;
  const normalize = normalizer(json.normalizer, core.normalizer);
  const words = preTokenizer(json.pre_tokenizer, core.pre_tokenizer);
  const patterns = (normalized: boolean): Pattern[] =>
    added.tokens
      .filter((token) => token.normalized === normalized)
      .map((token) => ({ text: normalized ? normalize(token.content) : token.content, token }));
  const passOver = ({ content }: { content: string }) => splitSpecialTokens && added.isSpecial(content);
  const [cutText, cutNormal] = [false, true].map((normalized) => matchTokens(patterns(normalized), passOver));

  const known = new Map<string, number[]>();
  const tokensOf = (word: string): number[] => {
    let ids = known.get(word);
    if (ids === undefined) {
      ids = model([word]).map((token) => (model.tokens_to_ids.get(token) ?? model.unk_token_id)!);
      if (known.size >= KNOWN_WORDS) known.clear();
      if (word.length <= 64) known.set(word, ids);
    }
    return ids;
  };
  /** The words of a text, and the ids of the added tokens between them. */
  const split = (text: string): (string | number)[] =>
    cutText(text).flatMap((piece): (string | number)[] => {
      if ("id" in piece) return [piece.id];
      return cutNormal(normalize(piece.text)).flatMap((inner): (string | number)[] =>
        "id" in inner ? [inner.id] : words(inner.text, piece.start + inner.start === 0),
      );
    });
  const read = (text: string, limit: number, fromEnd: boolean): ReadTokens => {
    const parts = split(text);
    if (fromEnd) parts.reverse();
    const found: number[][] = [];
    let count = 0;
    let done = 0;
    for (const part of parts) {
      const ids = typeof part === "number" ? [part] : tokensOf(part);
      found.push(ids);
      count += ids.length;
      done++;
      if (count >= limit && typeof part === "string") break;
    }
    return { ids: (fromEnd ? found.reverse() : found).flat(), whole: done === parts.length };
  };
  const isOfBytes = JSON.stringify(json.pre_tokenizer ?? null).includes('"ByteLevel"');
  const continuing = String(json.model.continuing_subword_prefix ?? "");
  /** The tokens of a stretch of normalised text without added tokens, by units of that text. */
  const piecesOf = (text: string, first: boolean): TokenPiece[] => {
    const cut = words(text, first);
    const places = placeWords(text, cut, isOfBytes);
    return cut.flatMap((word, w) => {
      const ids = tokensOf(word);
      const lengths = places && lengthsOf(word, model([word]), continuing);
      let at = 0;
      let before = 0;
      return ids.map((id, i) => {
        const own = places?.[w].slice(at, lengths ? at + lengths[i] : undefined) ?? [0, text.length - 1];
        if (lengths) at += lengths[i];
        const units = own.filter((unit) => unit !== null);
        const start = units[0] ?? before;
        const end = units.length > 0 ? units.at(-1)! + 1 : start;
        before = end;
        return { id, start, end };
      });
    });
  };
  const pieces = (text: string): TokenPiece[] =>
    cutText(text).flatMap((piece): TokenPiece[] => {
      if ("id" in piece) return [piece];
      const normal = alignNormalized(normalize, piece.text);
      return cutNormal(normal.text).flatMap((inner): TokenPiece[] => {
        const from = inner.start;
        const found =
          "id" in inner
            ? [{ id: inner.id, start: 0, end: inner.end - from }]
            : piecesOf(inner.text, piece.start + from === 0);
        return found.map(({ id, start, end }) => {
          const [a, b] = [from + start, from + end];
          const begin = piece.start + (normal.starts[a] ?? piece.text.length);
          return { id, ...wholeCharacters(text, begin, b > a ? piece.start + normal.ends[b - 1] : begin) };
        });
      });
    });
  return { read, pieces, vocabSize: Math.max(model.vocab.length, ...added.tokens.map(({ id }) => id + 1)) };
}
