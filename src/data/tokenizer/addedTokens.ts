import { InputError } from "../../errors";
import { isObject } from "../../text/json";
import { AddedVocabulary } from "./AddedVocabulary";
import type { Fields, TokenizerFolder } from "./TokenizerFolder";
import type { AddedToken, Model, TokenizerJson } from "./tokenizerJson";

interface Listed {
  /** By the id that the file names, which decides the order alone. */
  byId: Map<number, AddedToken>;
  byContent: Map<string, AddedToken>;
}

/** Tokens besides the vocabulary's, and what special_tokens_map.json says, which is written into the values (`_from_pretrained`). */
export function listAddedTokens(
  folder: TokenizerFolder,
  values: Fields,
  written: TokenizerJson | undefined,
): Listed {
  const byId = new Map<number, AddedToken>();
  const byContent = new Map<string, AddedToken>();
  const list = (id: number, token: AddedToken) => {
    byId.set(id, token);
    byContent.set(token.content, token);
  };
  if (values.added_tokens_decoder !== undefined) {
    for (const [id, token] of Object.entries(values.added_tokens_decoder as Fields))
      list(Number(id), tokenOf(token, `${folder.where}/tokenizer_config.json: added_tokens_decoder`));
  } else {
    for (const [role, value] of Object.entries(folder.json("special_tokens_map.json") ?? {})) {
      if (role !== "extra_special_tokens" || !Array.isArray(value)) values[role] = asSpecial(value);
      else values[role] = [...((values[role] as unknown[]) ?? []), ...value.map(asSpecial)];
    }
    if (folder.files.has("special_tokens_map.json"))
      values.extra_special_tokens ??= values.additional_special_tokens;
    const special = new Set(ROLES.map((role) => contentOf(values[role])));
    for (const token of listOf(values.extra_special_tokens)) special.add(contentOf(token));
    for (const [content, id] of Object.entries(folder.json("added_tokens.json") ?? {})) {
      const isSpecial = special.has(content);
      list(id as number, { ...PLAIN, content, normalized: !isSpecial, special: isSpecial });
    }
    for (const { id, ...token } of written?.added_tokens ?? [])
      list(id, tokenOf(token, `${folder.where}/tokenizer.json: added_tokens`));
  }
  return { byId, byContent };
}

const ROLES = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"].map((role) => `${role}_token`);
export const PLAIN = { single_word: false, lstrip: false, rstrip: false };

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const contentOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : (value as AddedToken | null | undefined)?.content;
const asSpecial = (value: unknown) => (isObject(value) ? { ...value, special: true } : value);

/** A token as files write it: fields that are missing are false, but `normalized`, which a token that is not special is. */
function tokenOf(value: unknown, where: string): AddedToken {
  const { content, special = false, ...rest } = (value ?? {}) as Partial<AddedToken>;
  if (typeof content !== "string")
    throw new InputError(`${where}: expected tokens with their "content", got ${JSON.stringify(value)}`);
  const { single_word = false, lstrip = false, rstrip = false, normalized = !special } = rest;
  return { content, single_word, lstrip, rstrip, normalized, special };
}

/** The tokens by their roles, in the order in which they are added: the standard ones, then others that the files name. */
export function namedTokens(
  values: Fields,
  byClass: Record<string, string>,
  written: TokenizerJson | undefined,
  { byContent }: Listed,
): Map<string, AddedToken> {
  const pad = byClass.pad ?? written?.padding?.pad_token;
  const given: Fields = { ...values };
  if (pad !== undefined) given.pad_token ??= pad;
  for (const [role, token] of Object.entries(byClass))
    if (given[`${role}_token`] === undefined) given[`${role}_token`] = token;
  const extra = given.extra_special_tokens;
  const own = Object.keys(values).filter(
    (key) => key.endsWith("_token") && !ROLES.includes(key) && contentOf(values[key]) !== undefined,
  );
  const named: [string, unknown][] = [...ROLES, ...own].map((role) => [role, given[role]]);
  if (isObject(extra)) for (const entry of Object.entries(extra)) named.push(entry);
  return new Map(
    named.flatMap(([role, value]) => {
      if (value === null || value === undefined) return [];
      const content = contentOf(value);
      if (typeof value === "string") {
        const known = ROLES.includes(role) ? byContent.get(value) : undefined;
        return [[role, known ?? { ...PLAIN, content: value, normalized: false, special: true }]];
      }
      if (content === undefined)
        throw new InputError(
          `${role}: expected a token, as a text or with its "content", got ${JSON.stringify(value)}`,
        );
      const known = ROLES.includes(role) ? byContent.get(content) : undefined;
      return [[role, known ?? tokenOf(value, role)]];
    }),
  );
}

/** Adds what the files list and name to the model's vocabulary, in the order of `TokenizersBackend.__init__`. */
export function addAll(
  made: { model: Model; extra?: AddedToken[] },
  names: Map<string, AddedToken>,
  values: Fields,
  { byId }: Listed,
  written: TokenizerJson | undefined,
): AddedVocabulary {
  const added = new AddedVocabulary(idsOf(made.model));
  if (written)
    added.add((written.added_tokens ?? []).map((token) => tokenOf(token, "tokenizer.json: added_tokens")));
  const toAdd = [...byId.keys()]
    .sort((a, b) => a - b)
    .map((id) => byId.get(id)!)
    .filter((token) => !added.holds(token));
  const known = new Set([...added.tokens, ...toAdd].map(({ content }) => content));
  const more = [...names.values()];
  for (const token of made.extra ?? listOf(values.extra_special_tokens))
    more.push(
      typeof token === "string"
        ? { ...PLAIN, content: token, normalized: false, special: true }
        : tokenOf(token, "extra_special_tokens"),
    );
  for (const token of more) {
    if (known.has(token.content)) continue;
    known.add(token.content);
    toAdd.push(token);
  }
  const roles = new Set([...names.values()].map(({ content }) => content));
  added.add(toAdd.map((token) => (roles.has(token.content) ? { ...token, special: true } : token)));
  return added;
}

/** The ids of a model's own vocabulary. */
const idsOf = ({ vocab }: Model): Map<string, number> =>
  Array.isArray(vocab) ? new Map(vocab.map(([piece], id) => [piece, id])) : new Map(Object.entries(vocab));
