import { configFile } from "../../checkpoint/modelFiles";
import { readFiles, readTokenizer } from "../../checkpoint/saveCheckpoint";

/** All that decides which ids a folder's tokenizer gives, by name: the tokenizer's files, and the model's config. */
export const tokenizerContents = (folder: string): Map<string, Buffer> =>
  new Map([...readTokenizer(folder), ...readFiles([configFile], folder)]);
