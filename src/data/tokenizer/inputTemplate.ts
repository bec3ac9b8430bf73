import { InputError } from "../../errors";
import type { Encoding } from "../loadTokenizer";
import type { Part } from "./tokenizerJson";

/** A place in the finished input: a text (0, 1) or, with text -1, a special token. */
interface Slot {
  text: number;
  id: number;
  type: number;
}

const text = (index: number, type: number): Slot => ({ text: index, id: -1, type });
const special = (id: number, type: number): Slot => ({ text: -1, id, type });

/** Where texts and special tokens go, by the post-processor of `tokenizer.json`. */
export function readTemplate(part: Part | null, pair: boolean): Slot[] {
  switch (part?.type) {
    case undefined:
    case "ByteLevel": // It moves offsets only.
      return pair ? [text(0, 0), text(1, 1)] : [text(0, 0)];
    case "BertProcessing": {
      const [cls, sep] = idsOf(part);
      const one = [special(cls, 0), text(0, 0), special(sep, 0)];
      return pair ? [...one, text(1, 1), special(sep, 1)] : one;
    }
    case "RobertaProcessing": {
      const [cls, sep] = idsOf(part);
      const one = [special(cls, 0), text(0, 0), special(sep, 0)];
      return pair ? [...one, special(sep, 0), text(1, 0), special(sep, 0)] : one;
    }
    case "TemplateProcessing":
      return withEachOnce(
        pair,
        (part[pair ? "pair" : "single"] as TemplatePiece[]).flatMap((piece) => {
          if (piece.Sequence) return text(piece.Sequence.id === "A" ? 0 : 1, piece.Sequence.type_id);
          const { id, type_id } = piece.SpecialToken!;
          const ids = (part.special_tokens as Record<string, { ids: number[] }>)?.[id]?.ids;
          if (!ids?.every(Number.isInteger))
            throw new InputError(
              `tokenizer: expected its special token ${JSON.stringify(id)} in its vocabulary`,
            );
          return ids.map((one) => special(one, type_id));
        }),
      );
    case "Sequence": {
      const parts = (part.processors as Part[]).filter(({ type }) => type !== "ByteLevel");
      if (parts.length <= 1) return readTemplate(parts[0] ?? null, pair);
    }
  }
  throw new InputError(`tokenizer.json: a post_processor of type ${part?.type} is not known here`);
}

/** Throws where a text is missing in a template or stands twice, so that lengths would not be known. */
function withEachOnce(pair: boolean, slots: Slot[]): Slot[] {
  const texts = slots.flatMap(({ text }) => (text < 0 ? [] : [text])).sort();
  if (texts.join() !== (pair ? "0,1" : "0"))
    throw new InputError(
      `tokenizer.json: post_processor: expected a template with ${pair ? "A and B once each" : "A once"}, got ${texts.map((text) => "AB"[text]).join(", ") || "neither"}`,
    );
  return slots;
}

const idsOf = (part: Part): number[] =>
  ["cls", "sep"].map((name) => {
    const [token, id] = part[name] as [string, number];
    if (!Number.isInteger(id))
      throw new InputError(
        `tokenizer: expected its special token ${JSON.stringify(token)} in its vocabulary`,
      );
    return id;
  });

interface TemplatePiece {
  SpecialToken?: { id: string; type_id: number };
  Sequence?: { id: string; type_id: number };
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
