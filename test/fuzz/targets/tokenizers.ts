import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { loadTokenizer } from "../../../src/data/loadTokenizer";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Files, Target } from "../Target";

const fixtures = join(__dirname, "../../fixtures/tokenizer");

/** A small vocabulary in the place of BERT's, whose files are changed one in a few hundred bytes then. */
const WORDS = Buffer.from("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nice\nhello\n##y\nworld\n!\n");

const folders: Files[] = [
  ...["bpe", "byte-level-bpe", "deberta-v3", "modernbert", "unigram", "unigram-albert"].map((name) => {
    const names = readdirSync(join(fixtures, name)).filter((file) => file !== "expected.json");
    return Object.fromEntries(names.map((file) => [file, readFileSync(join(fixtures, name, file))]));
  }),
  ...(["albert.model", "deberta-v2.model", "xlm-roberta.model"] as const).map((file, i) => ({
    [["spiece.model", "spm.model", "sentencepiece.bpe.model"][i]]: readFileSync(join(fixtures, "spm", file)),
    "config.json": Buffer.from(JSON.stringify({ model_type: file.replace(".model", "") })),
  })),
  { "vocab.txt": WORDS, "tokenizer_config.json": Buffer.from('{"tokenizer_class":"BertTokenizer"}') },
  {
    "vocab.txt": WORDS,
    "special_tokens_map.json": Buffer.from(
      '{"cls_token":"[CLS]","pad_token":{"content":"[PAD]","lstrip":false}}',
    ),
    "added_tokens.json": Buffer.from('{"[NEW]": 10}'),
    "tokenizer_config.json": Buffer.from(
      '{"do_lower_case":true,"model_max_length":512,"added_tokens_decoder":{"0":{"content":"[PAD]","special":true}}}',
    ),
  },
];

/** One file of a folder is another. */
const oneMutated = (files: Files): fc.Arbitrary<Files> =>
  fc.oneof(
    ...Object.entries(files).map(([name, bytes]) =>
      (name.endsWith(".json") ? mutatedJson([bytes]) : mutatedBytes([bytes])).map((other) => ({
        ...files,
        [name]: other,
      })),
    ),
  );

const TEXTS = [
  "",
  "hello world!",
  "Ice  ice\u00a0\t née \ud83d\ude42 1234567",
  "a".repeat(400),
  " ".repeat(300),
  "\ud800",
  "[MASK] [PAD]",
];

export const tokenizerTarget: Target = {
  name: "tokenizer",
  cases: fc.oneof(...folders.map(oneMutated)),
  async read(folder) {
    const tokenizer = await loadTokenizer(folder);
    for (const text of TEXTS) tokenizer.encode(text, null, 16);
    tokenizer.encode(TEXTS[1], TEXTS[2], 32);
  },
};
