import { tokenizerFiles } from "../checkpoint/modelFiles";
import { buildTokenizer } from "../data/tokenizer/buildTokenizer";
import { tokenizerContents } from "../data/tokenizer/tokenizerContents";
import { visible } from "../freeze";
import type { Origin } from "../models/Parts";

/**
 * The files by which Transformers.js's pipelines tokenize as the kit does, by name: those of the model's folder, with what Python's
 * Transformers fills in by itself. `tokenizer.json` is the complete one (see `buildTokenizer`), and `model_max_length` is never more
 * than the model takes, so that longer texts are cut.
 */
export async function pipelineTokenizer({
  folder,
  maxTokens,
  origin,
}: {
  folder: string;
  maxTokens: number;
  /** What a loaded model holds of its folder, so that it is exported without it. */
  origin?: Origin | null;
}): Promise<Map<string, Buffer>> {
  const contents = origin?.files ?? tokenizerContents(folder);
  const files = new Map(
    tokenizerFiles.flatMap((name): [string, Buffer][] => {
      const bytes = contents.get(name);
      return bytes === undefined ? [] : [[name, Buffer.from(bytes)]];
    }),
  );
  if (files.size === 0) return files;
  const { json, class: kind, modelMaxLength, padToken } = await buildTokenizer(folder, contents);
  const text = files.get("tokenizer_config.json")?.toString("utf8");
  // Transformers.js obeys these two, which Python's Transformers does not.
  const { remove_space, do_lowercase_and_remove_accent, model_max_length, ...config } = JSON.parse(
    text ?? "{}",
  );
  const words = json.added_tokens.filter(({ single_word }) => single_word).map(({ content }) => content);
  if (words.length > 0)
    console.warn(
      `frostkit: Transformers.js finds ${visible(words.slice(0, 3).join(", "))} within longer words too, where frostkit and Python do not: its pipelines read such texts otherwise`,
    );
  files.set("tokenizer.json", jsonBytes({ version: "1.0", truncation: null, padding: null, ...json }));
  const most = Math.min(modelMaxLength, maxTokens);
  return files.set(
    "tokenizer_config.json",
    jsonBytes({
      tokenizer_class: kind === "AsWritten" ? "PreTrainedTokenizer" : `${kind}Tokenizer`,
      ...(padToken !== undefined && { pad_token: padToken }),
      ...config,
      // JSON has no infinity, which is what a model without absolute positions takes.
      ...(Number.isFinite(most) && { model_max_length: most }),
    }),
  );
}

export const jsonBytes = (value: object): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
