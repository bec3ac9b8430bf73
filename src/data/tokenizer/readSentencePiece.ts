import { InputError } from "../../errors";

/** What a SentencePiece model file says, as far as Transformers reads it. */
export interface SentencePiece {
  pieces: { piece: string; score: number; kind: "normal" | "control" | "user defined" }[];
  unkId: number;
  /** How text is normalised: see `readCharsmap`. Empty where it is not. */
  charsmap: Uint8Array;
}

// The part of https://github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto that a vocabulary needs.
const field = (id: number, type: string, options?: object) => ({ id, type, ...(options && { options }) });
const messages = {
  ModelProto: {
    pieces: { ...field(1, "Piece"), rule: "repeated" },
    trainerSpec: field(2, "TrainerSpec"),
    normalizerSpec: field(3, "NormalizerSpec"),
  },
  Piece: { piece: field(1, "string"), score: field(2, "float"), type: field(3, "int32", { default: 1 }) },
  TrainerSpec: { unkId: field(40, "int32") },
  NormalizerSpec: { precompiledCharsmap: field(2, "bytes") },
};
const KINDS: Record<number, "control" | "user defined"> = { 3: "control", 4: "user defined" };

/**
 * Reads a SentencePiece model: `spm.model`, `spiece.model` or `sentencepiece.bpe.model`.
 *
 * @throws InputError where the file is none
 */
export async function readSentencePiece(path: string, bytes: Uint8Array): Promise<SentencePiece> {
  const { default: protobuf } = await import("protobufjs/light.js");
  const nested = Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }]));
  const type = protobuf.Root.fromJSON({ nested }).lookupType("ModelProto");
  let model: Decoded;
  try {
    model = type.decode(bytes) as unknown as Decoded;
  } catch (error) {
    throw new InputError(`${path}: expected a SentencePiece model, got ${(error as Error).message}`);
  }
  if (model.pieces.length === 0)
    throw new InputError(`${path}: expected a SentencePiece model, got ${bytes.length} bytes without pieces`);
  return {
    pieces: model.pieces.map(({ piece, score, type }) => ({ piece, score, kind: KINDS[type] ?? "normal" })),
    unkId: model.trainerSpec?.unkId ?? 0,
    charsmap: model.normalizerSpec?.precompiledCharsmap ?? new Uint8Array(),
  };
}

interface Decoded {
  pieces: { piece: string; score: number; type: number }[];
  trainerSpec?: { unkId: number };
  normalizerSpec?: { precompiledCharsmap: Uint8Array };
}
