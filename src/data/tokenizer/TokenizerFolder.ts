import { InputError } from "../../errors";
import { parseJsonObject } from "../../text/json";

/** What a JSON object holds. */
export type Fields = Record<string, unknown>;

/** A folder's files, with errors that name them. */
export class TokenizerFolder {
  constructor(
    readonly where: string,
    readonly files: ReadonlyMap<string, Uint8Array>,
  ) {}

  text(name: string): string | undefined {
    const bytes = this.files.get(name);
    return bytes && new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  }

  json(name: string): Fields | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : parseJsonObject(`${this.where}/${name}`, text);
  }

  /** The error for a folder that has not what its class reads. */
  missing(expected: string): InputError {
    const names = [...this.files.keys()].filter((name) => /token|vocab|merges|\.model$|\.codes$/.test(name));
    return new InputError(
      `${this.where}: expected tokenizer.json, or ${expected}, got ${names.join(", ") || "no tokenizer file"}; ` +
        "in Python, AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes tokenizer.json",
    );
  }
}

/** A flag of tokenizer_config.json. */
export function flag<Default extends boolean | null>(
  folder: TokenizerFolder,
  values: Fields,
  name: string,
  byDefault: Default,
): boolean | Default {
  const value = values[name] === undefined ? byDefault : values[name];
  if (typeof value === "boolean" || (value === null && byDefault === null)) return value as boolean | Default;
  throw new InputError(
    `${folder.where}/tokenizer_config.json: ${name}: expected true or false, got ${JSON.stringify(value)}`,
  );
}
