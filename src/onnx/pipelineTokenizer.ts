import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTokenizer } from "../checkpoint/saveCheckpoint";
import { BERT_LIKE, wordPieceTokenizerJson } from "../data/wordPieceTokenizerJson";
import { InputError } from "../errors";

/**
 * The files by which Transformers.js's pipelines tokenize as the kit does, by name: those of the model's folder, with what
 * Python's Transformers knows without being told. `tokenizer.json` is made from `vocab.txt` where it is missing, BERT's special
 * tokens are put in where it has no post-processor, and `model_max_length` is never more than the model takes, so that longer
 * texts are cut.
 */
export async function pipelineTokenizer({
  folder,
  maxTokens,
}: {
  folder: string;
  maxTokens: number;
}): Promise<Map<string, Buffer>> {
  const files = new Map(readTokenizer(folder));
  const read = (name: string) => {
    const text = files.get(name)?.toString("utf8");
    try {
      return text === undefined ? undefined : JSON.parse(text);
    } catch (error) {
      throw new InputError(`${join(folder, name)}: expected JSON, got ${(error as Error).message}`);
    }
  };
  let config = read("tokenizer_config.json") ?? {};
  let tokenizer = read("tokenizer.json");
  if (tokenizer === undefined) {
    if (!existsSync(join(folder, "vocab.txt"))) return files;
    const made = await wordPieceTokenizerJson(folder, config);
    config = { tokenizer_class: "BertTokenizer", ...made.config };
    tokenizer = made.json;
  }
  if (!tokenizer.post_processor && BERT_LIKE.test(config.tokenizer_class)) {
    const special = (role: string, fallback: string) => {
      const content = config[`${role}_token`]?.content ?? config[`${role}_token`] ?? fallback;
      return [content, tokenizer.model.vocab[content]];
    };
    const ends = { sep: special("sep", "[SEP]"), cls: special("cls", "[CLS]") };
    tokenizer = { ...tokenizer, post_processor: { type: "BertProcessing", ...ends } };
  }
  files.set("tokenizer.json", jsonBytes(tokenizer));
  const { tokenizer_class = "PreTrainedTokenizer", model_max_length = maxTokens } = config;
  const most = Math.min(model_max_length, maxTokens);
  // JSON has no infinity, which is what a model without absolute positions takes.
  const length = Number.isFinite(most) ? { model_max_length: most } : {};
  return files.set("tokenizer_config.json", jsonBytes({ ...config, tokenizer_class, ...length }));
}

export const jsonBytes = (value: object): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
