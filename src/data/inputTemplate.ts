import { InputError } from "../errors";
import type { Encoding } from "./loadTokenizer";
import type { Normalizer } from "./mendPrecompiled";
import { BERT_LIKE } from "./wordPieceTokenizerJson";

/** The part of @huggingface/tokenizers' Tokenizer that is used here; it does not cut to length as Transformers does. */
export interface Core {
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] };
  token_to_id(token: string): number | undefined;
  normalizer: Normalizer | null;
  post_processor: ((text: string[], pair: string[] | null) => Arranged) | null;
}

interface Arranged {
  tokens: string[];
  token_type_ids?: number[];
}

/** A place in the finished input: a text (0, 1) or, with text -1, a special token. */
export interface Slot {
  text: number;
  id: number;
  type: number;
}

/** Asks the post-processor once, with markers in the texts' places, where texts and special tokens go. */
export function readTemplate(core: Core, className: string, pair: boolean): Slot[] {
  const markers = pair ? ["\0text", "\0pair"] : ["\0text"];
  const arrange = core.post_processor ?? (BERT_LIKE.test(className) ? arrangeAsBert : null);
  const { tokens, token_type_ids } = arrange?.([markers[0]], pair ? [markers[1]] : null) ?? {
    tokens: [markers[0]],
  };
  // Byte-level BPE's own post-processor knows no pairs; Python then puts one text after the other.
  if (pair && !tokens.includes(markers[1])) tokens.push(markers[1]);
  return tokens.map((token, i) => {
    const text = markers.indexOf(token);
    const id = core.token_to_id(token);
    if (text < 0 && id === undefined)
      throw new InputError(
        `tokenizer: expected its special token ${JSON.stringify(token)} in its vocabulary`,
      );
    return { text, id: id ?? -1, type: token_type_ids?.[i] ?? 0 };
  });
}

/** In Python the class BertTokenizer adds these whatever tokenizer.json says; files without a post-processor rely on it. */
function arrangeAsBert(text: string[], pair: string[] | null): Arranged {
  const first = ["[CLS]", ...text, "[SEP]"];
  const second = pair ? [...pair, "[SEP]"] : [];
  return { tokens: [...first, ...second], token_type_ids: [...first.map(() => 0), ...second.map(() => 1)] };
}

/** Puts token ids in their places. */
export function fillTemplate(
  template: Slot[],
  texts: number[][],
  hasTypes: boolean,
): Omit<Encoding, "truncated"> {
  const length = texts.reduce((sum, tokens) => sum + tokens.length, template.length - texts.length);
  const inputIds = new Int32Array(length);
  const tokenTypeIds = hasTypes ? new Int32Array(length) : null;
  let at = 0;
  for (const { text, id, type } of template) {
    const end = at + (text < 0 ? 1 : texts[text].length);
    if (text < 0) inputIds[at] = id;
    else inputIds.set(texts[text], at);
    if (type !== 0) tokenTypeIds?.fill(type, at, end);
    at = end;
  }
  return { inputIds, tokenTypeIds };
}
