import type { Embeddings } from "./embeddingsStage";
import type { Config, Take } from "./Family";
import { takeNorm, takeTable } from "./takeParts";

/** The embeddings of BERT and of those that kept its names and their order. */
export function bertEmbeddings(config: Config, take: Take, prefix: string, width: number): Embeddings {
  const name = `${prefix}.embeddings`;
  const table = (table: string, entries: number) =>
    takeTable(take, `${name}.${table}_embeddings`, entries, width);
  return {
    words: table("word", config.number("vocab_size")),
    positions: table("position", config.number("max_position_embeddings")),
    types: table("token_type", config.number("type_vocab_size", 2)),
    norm: takeNorm(take, `${name}.LayerNorm`, width, config.number("layer_norm_eps", 1e-12)),
    dropout: config.number("hidden_dropout_prob", 0.1),
  };
}
