import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { InputError } from "../../src/errors";
import { temporary } from "./temporary";

const fixtures = join(__dirname, "../fixtures/tokenizer");
const bert = join(fixtures, "bert-base-uncased");
const mini = join(__dirname, "../fixtures/mini-bert-en");
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** Inputs and ids of the official vocabularies, collected from the tests of Hugging Face's libraries. */
interface Case {
  vocab: "uncased" | "cased";
  name: string;
  text: string;
  text_pair: string | null;
  tokens: string[];
  ids: number[];
}
const cases: Case[] = readJson(join(fixtures, "cases_uncased_cased.json"));

/** What Python's tokenizers made of the same texts; see make_expected.py beside it. */
interface Expected {
  text: string;
  pair: string | null;
  maxLength: number | null;
  ids: number[];
  types?: number[];
  truncated: boolean;
}
const expected: Record<string, Expected[]> = readJson(join(fixtures, "expected.json"));

/** A folder of these files. */
const folderOf = (name: string, files: Record<string, string>) =>
  Object.entries(files).map(([file, content]) => join(temporary(join(name, file), content), ".."))[0];

const words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nice\nIce\n##y\n";

// Set before the first load, when Transformers.js takes hold of it.
let fetched = 0;
globalThis.fetch = () => {
  fetched++;
  throw new Error("no network in this test");
};

test("The official uncased vocabulary gives the official ids, from vocab.txt alone", async () => {
  const tokenizer = await loadTokenizer(bert);
  const uncased = cases.filter(({ vocab }) => vocab === "uncased");
  assert.equal(uncased.length, 42);
  for (const { name, text, text_pair, ids } of uncased)
    assert.deepEqual([...tokenizer.encode(text, text_pair).inputIds], ids, name);
});

test("A cased vocabulary is recognised by its capitals and keeps case and accents", async () => {
  const cased = cases.filter(({ vocab }) => vocab === "cased");
  assert.equal(cased.length, 34);
  // The pieces the cases name, each at its official id, are vocabulary enough to find the same pieces again.
  const vocab = new Array<string>(28996).fill("").map((_, id) => `[unused${id}]`);
  ["[UNK]", "[CLS]", "[SEP]", "[MASK]"].forEach((token, i) => {
    vocab[100 + i] = token;
  });
  vocab[0] = "[PAD]";
  for (const { tokens, ids } of cased)
    tokens.forEach((token, i) => {
      vocab[ids[i + 1]] = token;
    });
  const tokenizer = await loadTokenizer(folderOf("cased", { "vocab.txt": vocab.join("\n") }));
  for (const { name, text, text_pair, ids } of cased)
    assert.deepEqual([...tokenizer.encode(text, text_pair).inputIds], ids, name);
});

for (const [name, folder] of [
  ["bert-base-uncased", bert],
  ["mini-bert-en", mini],
  ["unigram", join(fixtures, "unigram")],
  ["unigram-albert", join(fixtures, "unigram-albert")],
  ["byte-level-bpe", join(fixtures, "byte-level-bpe")],
])
  test(`Ids, token types and truncation of ${name} are those of Python's tokenizers`, async () => {
    const tokenizer = await loadTokenizer(folder);
    for (const { text, pair, maxLength, ids, types, truncated } of expected[name]) {
      const encoding = tokenizer.encode(text, pair, maxLength ?? undefined);
      const what = JSON.stringify([text, pair, maxLength]);
      assert.deepEqual([...encoding.inputIds], ids, what);
      assert.deepEqual(encoding.tokenTypeIds && [...encoding.tokenTypeIds], types ?? null, what);
      assert.equal(encoding.truncated, truncated, what);
    }
  });

test("An empty text is its special tokens; an empty second text is still a second text", async () => {
  const tokenizer = await loadTokenizer(bert);
  assert.deepEqual(tokenizer.encode(""), {
    inputIds: Int32Array.of(101, 102),
    tokenTypeIds: Int32Array.of(0, 0),
    truncated: false,
  });
  assert.deepEqual(tokenizer.encode("ice", ""), {
    inputIds: Int32Array.of(101, 3256, 102, 102),
    tokenTypeIds: Int32Array.of(0, 0, 0, 1),
    truncated: false,
  });
});

test("Truncation keeps the special tokens in their places", async () => {
  const tokenizer = await loadTokenizer(bert);
  const { inputIds, truncated } = tokenizer.encode("How are you doing?", null, 4);
  assert.deepEqual(inputIds, Int32Array.of(101, 2129, 2024, 102));
  assert.equal(truncated, true);
  assert.equal(tokenizer.encode("How are you doing?", null, 7).truncated, false);
});

test("A maxLength without room for text is an error that says how much is needed", async () => {
  const tokenizer = await loadTokenizer(bert);
  assert.throws(() => tokenizer.encode("ice", null, 2), { message: "maxLength: expected at least 3, got 2" });
  assert.throws(() => tokenizer.encode("ice", "snow", 3), {
    message: "maxLength: expected at least 4, got 3",
  });
  assert.throws(() => tokenizer.encode("ice", null, Number.NaN), /maxLength: expected at least 3, got NaN/);
});

test("The tokenizer knows its padding, its size, its length and its files", async () => {
  const tokenizer = await loadTokenizer(mini);
  assert.equal(tokenizer.padTokenId, 0);
  assert.equal(tokenizer.vocabSize, 8192);
  assert.equal(tokenizer.modelMaxLength, 256);
  assert.deepEqual(
    tokenizer.files.map((path) => relative(mini, path)),
    ["tokenizer.json", "tokenizer_config.json", "vocab.txt"],
  );
  const official = await loadTokenizer(bert);
  assert.equal(official.vocabSize, 30522);
  assert.equal(official.modelMaxLength, Number.POSITIVE_INFINITY);
});

test("tokenizer.json and vocab.txt of one model give the same ids", async () => {
  const fast = await loadTokenizer(mini);
  const files = { "vocab.txt": readFileSync(join(mini, "vocab.txt"), "utf8") };
  const slow = await loadTokenizer(folderOf("mini-vocab", files));
  for (const { text, pair } of expected["mini-bert-en"])
    assert.deepEqual(slow.encode(text, pair), fast.encode(text, pair), text);
});

test("A folder named like a model on the Hub is read from disk, and nothing is fetched", async () => {
  const tokenizer = await loadTokenizer(relative(process.cwd(), mini));
  assert.equal(tokenizer.encode("ice").inputIds.length, 3);
  await assert.rejects(loadTokenizer("google-bert/bert-base-uncased"), {
    name: "InputError",
    message: "google-bert/bert-base-uncased: expected a model's folder, got no such folder",
  });
  assert.equal(fetched, 0);
});

test("do_lower_case, where it is said, decides over the vocabulary's capitals", async () => {
  const ids = async (name: string, config?: object) => {
    const files = { "vocab.txt": words, ...(config && { "tokenizer_config.json": JSON.stringify(config) }) };
    return [...(await loadTokenizer(folderOf(name, files))).encode("Icey").inputIds];
  };
  assert.deepEqual(await ids("silent"), [2, 6, 7, 3]);
  assert.deepEqual(await ids("lower", { do_lower_case: true }), [2, 5, 7, 3]);
});

test("Line ends of vocab.txt are no part of its tokens", async () => {
  const tokenizer = await loadTokenizer(folderOf("crlf", { "vocab.txt": words.replaceAll("\n", "\r\n") }));
  assert.deepEqual([...tokenizer.encode("icey").inputIds], [2, 5, 7, 3]);
  assert.equal(tokenizer.vocabSize, 8);
});

test("truncation_side left keeps the end of a text", async () => {
  const config = JSON.stringify({ tokenizer_class: "BertTokenizer", truncation_side: "left" });
  const tokenizer = await loadTokenizer(
    folderOf("left", { "vocab.txt": words, "tokenizer_config.json": config }),
  );
  assert.deepEqual([...tokenizer.encode("Ice ice icey", null, 4).inputIds], [2, 5, 7, 3]);
});

// By BERT's tokenizer of Transformers 5.17 with tokenizers 0.23: of two long texts the one of which more was read before it stopped.
test("Of two texts that are cut, the odd token goes to the one of which Python reads more", async () => {
  const vocabulary = readFileSync(join(fixtures, "bert-base-uncased/vocab.txt"), "utf8");
  const long = "antidisestablishmentarianism of it"; // 10 tokens
  const words = "it is all in all no more than a word or two and that is all of it"; // 18
  const masks = `it is [MASK] [MASK] [MASK] [MASK] [MASK] all of it for two antidisestablishmentarianism`; // 20
  const cases: Record<string, [string, string, ...[number, number[]][]][]> = {
    right: [
      [
        long,
        words,
        [6, [101, 3424, 10521, 102, 2009, 102]],
        [8, [101, 3424, 10521, 102, 2009, 2003, 2035, 102]],
      ],
      [
        words,
        long,
        [6, [101, 2009, 102, 3424, 10521, 102]],
        [8, [101, 2009, 2003, 102, 3424, 10521, 4355, 102]],
      ],
      [
        masks,
        words,
        [6, [101, 2009, 2003, 102, 2009, 102]],
        [8, [101, 2009, 2003, 102, 2009, 2003, 2035, 102]],
      ],
      [
        words,
        masks,
        [6, [101, 2009, 102, 2009, 2003, 102]],
        [8, [101, 2009, 2003, 102, 2009, 2003, 103, 102]],
      ],
    ],
    left: [
      [
        long,
        words,
        [6, [101, 1997, 2009, 102, 2009, 102]],
        [8, [101, 2964, 1997, 2009, 102, 1997, 2009, 102]],
      ],
      [
        words,
        long,
        [6, [101, 2009, 102, 1997, 2009, 102]],
        [8, [101, 1997, 2009, 102, 2964, 1997, 2009, 102]],
      ],
      [
        masks,
        words,
        [6, [101, 12199, 2964, 102, 2009, 102]],
        [8, [101, 12199, 2964, 102, 2035, 1997, 2009, 102]],
      ],
      [
        words,
        masks,
        [6, [101, 2009, 102, 12199, 2964, 102]],
        [8, [101, 1997, 2009, 102, 3672, 12199, 2964, 102]],
      ],
    ],
  };
  for (const [side, rows] of Object.entries(cases)) {
    const config = JSON.stringify({ tokenizer_class: "BertTokenizer", truncation_side: side });
    const files = { "vocab.txt": vocabulary, "tokenizer_config.json": config };
    const tokenizer = await loadTokenizer(folderOf(`pairs-${side}`, files));
    for (const [text, pair, ...expected] of rows)
      for (const [maxLength, ids] of expected) {
        const encoded = tokenizer.encode(text, pair, maxLength);
        assert.deepEqual([...encoded.inputIds], ids, `${side} ${text} / ${pair}`);
        assert.ok(encoded.truncated);
      }
  }
});

test("A text that is as long as it may be was not cut, and one that was read no further was", async () => {
  const tokenizer = await loadTokenizer(folderOf("exact", { "vocab.txt": words }));
  for (const [text, length, cut] of [
    ["ice ice ice", 5, false],
    ["ice ice ice ice", 5, true],
    [`${"ice ".repeat(500)}`, 5, true],
  ] as const)
    assert.equal(tokenizer.encode(text, null, length).truncated, cut, text);
});

test("Token types follow model_input_names, else the class, else the model's config", async () => {
  const types = async (name: string, tokenizerConfig: object, config: object) => {
    const files = {
      "tokenizer.json": readFileSync(join(mini, "tokenizer.json"), "utf8"),
      "tokenizer_config.json": JSON.stringify(tokenizerConfig),
      "config.json": JSON.stringify(config),
    };
    return (await loadTokenizer(folderOf(name, files))).encode("ice", "snow").tokenTypeIds;
  };
  const pair = Int32Array.of(0, 0, 0, 1, 1);
  assert.deepEqual(await types("class", { tokenizer_class: "BertTokenizerFast" }, {}), pair);
  assert.equal(await types("class-without", { tokenizer_class: "DistilBertTokenizer" }, { dim: 768 }), null);
  const names = ["input_ids", "attention_mask"];
  assert.equal(
    await types("names", { tokenizer_class: "BertTokenizer", model_input_names: names }, {}),
    null,
  );
  assert.notEqual(await types("config", { do_lower_case: true }, { type_vocab_size: 2 }), null);
  assert.equal(await types("config-without", { do_lower_case: true }, { type_vocab_size: 1 }), null);
});

test("Without pad_token in the config the usual names are looked for", async () => {
  const files = { "tokenizer.json": readFileSync(join(fixtures, "unigram/tokenizer.json"), "utf8") };
  assert.equal((await loadTokenizer(folderOf("no-config", files))).padTokenId, 1);
  const config = JSON.stringify({ eos_token: "</s>" });
  assert.equal(
    (await loadTokenizer(folderOf("eos", { ...files, "tokenizer_config.json": config }))).padTokenId,
    1,
  );
  const nameless = files["tokenizer.json"].replaceAll("<pad>", "<blank>");
  await assert.rejects(
    loadTokenizer(folderOf("nameless", { "tokenizer.json": nameless })),
    /expected a padding token/,
  );
});

test("A folder without a tokenizer is an error that names what is there and how to get what is missing", async () => {
  const rejects = (folder: string, message: RegExp) =>
    assert.rejects(loadTokenizer(folder), (error: Error) => {
      assert.ok(error instanceof InputError, `${error}`);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  await rejects(
    folderOf("bare", { "config.json": "{}" }),
    /bare: expected tokenizer\.json, or a vocabulary alone: vocab\.txt, vocab\.json with merges\.txt, or a SentencePiece model, got no tokenizer file; in Python, .*save_pretrained/,
  );
  await rejects(
    folderOf("bert", { "config.json": '{"model_type":"bert"}', "spm.model": "" }),
    /bert: expected tokenizer\.json, or vocab\.txt as of BERT, got spm\.model;/,
  );
  await rejects(
    folderOf("empty", { "spm.model": "" }),
    /empty.spm\.model: expected a SentencePiece model, got 0 bytes without pieces$/,
  );
  await rejects(
    folderOf("text", { "spiece.model": "version https://git-lfs.github.com/spec/v1" }),
    /text.spiece\.model: expected a SentencePiece model, got /,
  );
  await rejects(
    folderOf("tweet", {
      "vocab.txt": words,
      "tokenizer_config.json": '{"tokenizer_class":"BertweetTokenizer"}',
    }),
    /tokenizer_class in tokenizer_config\.json: expected one of Bert, .*, got "BertweetTokenizer"; .*PreTrainedTokenizerFast"$/,
  );
  await rejects(
    folderOf("few", { "vocab.txt": "[PAD]\n[UNK]\n[CLS]\nice\n" }),
    /vocab\.txt: expected the token \[SEP\]/,
  );
  await rejects(
    folderOf("broken", { "tokenizer.json": "{", "tokenizer_config.json": "{}" }),
    /broken.tokenizer\.json: expected JSON, got /,
  );
  await rejects(
    folderOf("broken-config", { "tokenizer.json": "{}", "tokenizer_config.json": "{" }),
    /tokenizer_config\.json: expected JSON/,
  );
});

test("An expression of tokenizer.json that never ends on a text is an error that names both", async () => {
  const json = readJson(join(fixtures, "unigram/tokenizer.json"));
  const split = { type: "Split", pattern: { Regex: "(a+)+$" }, behavior: "Isolated", invert: false };
  const replace = { type: "Replace", pattern: { Regex: "(a|a)*b" }, content: "x" };
  for (const [name, part] of Object.entries({ pre_tokenizer: split, normalizer: replace })) {
    const files = { "tokenizer.json": JSON.stringify({ ...json, [name]: part }) };
    const tokenizer = await loadTokenizer(folderOf(`endless-${name}`, files));
    assert.ok(tokenizer.encode("ice").inputIds.length > 0);
    assert.throws(
      () => tokenizer.encode(`${"a".repeat(60)}!`),
      (error: Error) => {
        assert.ok(error instanceof InputError, String(error));
        assert.match(
          error.message,
          /tokenizer\.json: expected a text tokenized within 10 s, got none of "a{60}": its expressions /,
        );
        assert.ok(error.message.includes(JSON.stringify(part.pattern.Regex)), error.message);
        return true;
      },
    );
  }
});
