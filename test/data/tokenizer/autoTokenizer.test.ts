// Folders as people have them; what AutoTokenizer makes of each stands in auto.json. See make_auto.py beside it.
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadTokenizer } from "../../../src/data/loadTokenizer";
import { makeFolder } from "../../checkpoint/madeByHand";

const fixtures = join(__dirname, "../../fixtures/tokenizer");

interface Case {
  name: string;
  files: Record<string, string | { copy?: string }>;
  /** Of each text, then of each pair. */
  ids: number[][];
  /** Of each pair; null where the tokenizer gives none. */
  types: (number[] | null)[];
  /** The first text, at 6 tokens. */
  cut: number[];
  /** null where none is named. */
  pad: number | null;
  limit: number | null;
}
const { texts, pairs, cases }: { texts: string[]; pairs: [string, string][]; cases: Case[] } = JSON.parse(
  readFileSync(join(fixtures, "auto.json"), "utf8"),
);

function write(files: Case["files"]): string {
  const folder = makeFolder();
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    if (typeof content === "string") writeFileSync(path, content);
    else if (content.copy) copyFileSync(join(fixtures, content.copy), path);
    else writeFileSync(path, JSON.stringify(content));
  }
  return folder;
}

for (const { name, files, ids, types, cut, pad, limit } of cases)
  test(`Ids are those of Python's AutoTokenizer: ${name}`, async () => {
    const tokenizer = await loadTokenizer(write(files));
    for (const [i, [text, pair]] of [...texts.map((text) => [text, null] as const), ...pairs].entries())
      assert.deepEqual([...tokenizer.encode(text, pair).inputIds], ids[i], JSON.stringify([text, pair]));
    assert.deepEqual([...tokenizer.encode(texts[0], null, 6).inputIds], cut);
    if (pad !== null) assert.equal(tokenizer.padTokenId, pad);
    assert.equal(tokenizer.modelMaxLength, limit ?? Number.POSITIVE_INFINITY);
    for (const [i, [text, pair]] of pairs.entries()) {
      const { tokenTypeIds } = tokenizer.encode(text, pair);
      if (tokenTypeIds && types[i]) assert.deepEqual([...tokenTypeIds], types[i]);
    }
  });

/** A BERT's folder with these files, one of which replaces what the case "the class named" has. */
const named = cases.find(({ name }) => name.endsWith("post-processor, the class named"))!.files;
const written = named["tokenizer.json"] as Record<string, unknown>;

for (const [what, files, message] of [
  [
    "a class that is not known",
    { "tokenizer_config.json": { tokenizer_class: "HerbertTokenizerFast" } },
    /tokenizer_class in tokenizer_config\.json: expected one of Bert, .* or PreTrainedTokenizerFast, got "HerbertTokenizerFast"; /,
  ],
  [
    "a model whose class is not known",
    { "tokenizer_config.json": {}, "config.json": { model_type: "mpnet" } },
    /model_type in config\.json: expected one of .*, got "mpnet"; /,
  ],
  [
    "filling on the left",
    { "tokenizer_config.json": { padding_side: "left" } },
    /padding_side "left" is not known here: .*; set it to "right" in tokenizer_config\.json$/,
  ],
  [
    "a side that there is not",
    { "tokenizer_config.json": { truncation_side: "middle" } },
    /truncation_side: expected "left" or "right", got "middle"$/,
  ],
  [
    "a length that is none",
    { "tokenizer_config.json": { model_max_length: 0 } },
    /model_max_length: expected a number of tokens from 1 on, or null, got 0$/,
  ],
  [
    "a flag that is none",
    { "tokenizer_config.json": { do_lower_case: "no" } },
    /do_lower_case: expected true or false, got "no"$/,
  ],
  [
    "a model of another kind than the class reads",
    { "tokenizer_config.json": { tokenizer_class: "XLMRobertaTokenizer" } },
    /tokenizer\.json: expected a Unigram model, as the class .*, got WordPiece$/,
  ],
  [
    "a normalizer that is not known",
    {
      "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" },
      "tokenizer.json": { ...written, normalizer: { type: "Nmt" } },
    },
    /tokenizer\.json: expected a tokenizer that Transformers\.js can read, got: .*Nmt/,
  ],
  [
    "bytes in place of unknown pieces",
    {
      "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast" },
      "tokenizer.json": {
        ...written,
        model: { type: "Unigram", vocab: [["a", 0]], unk_id: 0, byte_fallback: true },
      },
    },
    /byte_fallback of a Unigram model is not known here, got true$/,
  ],
  [
    "a merge of tokens that are none",
    {
      "config.json": { model_type: "roberta" },
      "tokenizer_config.json": {},
      "tokenizer.json": undefined,
      "vocab.json": { "<s>": 0, "</s>": 1, "<pad>": 2, a: 3 },
      "merges.txt": "#version: 0.2\na b\n",
    },
    /merges\.txt, line 2: expected tokens of vocab\.json, got "b", which is none$/,
  ],
] as [string, Record<string, object | string | undefined>, RegExp][])
  test(`Refused in one line is ${what}`, async () => {
    const all = Object.entries({ ...named, ...files }).filter(([, content]) => content !== undefined);
    await assert.rejects(loadTokenizer(write(Object.fromEntries(all) as Case["files"])), (error: Error) => {
      assert.equal(error.name, "InputError");
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });

test("A cased vocabulary that is lower-cased, since Python does it, is told", async (t) => {
  const told = t.mock.method(console, "warn", () => {});
  const lowered = cases.find(({ name }) => name === "vocab.txt with capitals alone")!.files;
  const folder = write(lowered);
  await loadTokenizer(folder);
  assert.match(
    String(told.mock.calls[0].arguments[0]),
    /lower-cased all the same, as in Python, .*"do_lower_case": false/,
  );
  writeFileSync(join(folder, "tokenizer_config.json"), '{"do_lower_case": false}');
  const tokenizer = await loadTokenizer(folder);
  assert.equal(told.mock.callCount(), 1);
  assert.notDeepEqual(tokenizer.encode("Snow"), tokenizer.encode("snow"));
});
