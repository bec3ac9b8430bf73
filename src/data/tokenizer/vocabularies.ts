import { InputError } from "../../errors";
import { PLAIN } from "./addedTokens";
import type { Sources } from "./classParts";
import { readSentencePiece } from "./readSentencePiece";
import type { TokenizerFolder } from "./TokenizerFolder";
import type { AddedToken, Model, Part, TokenizerJson } from "./tokenizerJson";

/** The vocabulary of a tokenizer.json whose model is of the wanted type. */
export function vocabOf(
  folder: TokenizerFolder,
  { model }: TokenizerJson,
  type: string,
): Record<string, number> {
  const { vocab } = model;
  const isWanted = (model.type ?? type) === type && typeof vocab === "object" && vocab !== null;
  if (!isWanted || Array.isArray(vocab))
    throw new InputError(
      `${folder.where}/tokenizer.json: expected a ${type} model, as the class that the folder's config files name reads it, got ${model.type}`,
    );
  return vocab;
}

/** One token a line, without the white space at its end. */
export function linesOf(folder: TokenizerFolder): Record<string, number> {
  const text = folder.text("vocab.txt");
  if (text === undefined) throw folder.missing("vocab.txt as of BERT");
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return Object.fromEntries(lines.map((line, id) => [line.replace(/\p{White_Space}+$/u, ""), id]));
}

/** vocab.json and merges.txt, as OpenAI's GPT-2 laid them out. */
export function bpeFiles(folder: TokenizerFolder): Pick<Model, "merges"> & { vocab: Record<string, number> } {
  const vocab = folder.json("vocab.json") as Record<string, number> | undefined;
  const text = folder.text("merges.txt");
  if (vocab === undefined || text === undefined)
    throw folder.missing("vocab.json and merges.txt as of RoBERTa");
  if (text.startsWith(MARK)) throw marked(folder, "merges.txt");
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
export async function unigramOf({ folder, written, values }: Sources, file: string): Promise<Pieces> {
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

/** The byte order mark of UTF-8, as some editors write it. */
const MARK = "\uFEFF";

const marked = ({ where }: TokenizerFolder, file: string) =>
  new InputError(
    `${where}/${file}: expected UTF-8, got UTF-8 with a byte order mark (BOM), which Python takes for a part of its first word; save it as UTF-8 without BOM`,
  );

export function requireTokens(
  folder: TokenizerFolder,
  file: string,
  vocab: Record<string, number>,
  tokens: string[],
): void {
  const missing = tokens.find((token) => !Object.hasOwn(vocab, token));
  if (missing !== undefined && Object.hasOwn(vocab, MARK + missing)) throw marked(folder, file);
  if (missing !== undefined)
    throw new InputError(
      `${folder.where}/${file}: expected the token ${missing}, got a vocabulary without it`,
    );
}
