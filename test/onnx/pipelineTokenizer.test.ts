import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { pipelineTokenizer } from "../../src/onnx/pipelineTokenizer";
import { makeFolder } from "../checkpoint/madeByHand";

const pretrained = join(__dirname, "../fixtures/mini-bert-en");
const bpe = join(__dirname, "../fixtures/tokenizer/byte-level-bpe");
const texts = ["The film was great!", "", "Naïve unaffable 東京 [SEP] résumé"];

/** Some files of the tokenizer, in a folder of their own. */
function folderOf(names: string[], config?: object): string {
  const folder = makeFolder();
  for (const name of names) copyFileSync(join(pretrained, name), join(folder, name));
  if (config) writeFileSync(join(folder, "tokenizer_config.json"), JSON.stringify(config));
  return folder;
}

/** What Transformers.js itself makes of the files. */
async function transformersJs(files: Map<string, Buffer>) {
  const folder = makeFolder();
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const { AutoTokenizer } = await import("@huggingface/transformers");
  return AutoTokenizer.from_pretrained(folder, { local_files_only: true });
}

const configOf = (files: Map<string, Buffer>) =>
  JSON.parse(files.get("tokenizer_config.json")!.toString("utf8"));

const folders = {
  "a tokenizer.json without a post-processor": pretrained,
  "vocab.txt alone": folderOf(["vocab.txt"]),
  "vocab.txt and a tokenizer_config.json": folderOf(["vocab.txt", "tokenizer_config.json"]),
  "a tokenizer.json that has all it needs": bpe,
};
for (const [title, folder] of Object.entries(folders))
  test(`Of ${title}, Transformers.js makes the ids that the kit makes, for texts and pairs`, async () => {
    const tokenizer = await loadTokenizer(folder);
    const made = await transformersJs(await pipelineTokenizer({ folder, maxTokens: 64 }));
    for (const text of texts) {
      assert.deepEqual(made.encode(text), [...tokenizer.encode(text).inputIds], text);
      assert.deepEqual(
        made.encode(text, { text_pair: "and this" }),
        [...tokenizer.encode(text, "and this").inputIds],
        `${text} in a pair`,
      );
    }
  });

test("A token that is one as a whole word alone, which Transformers.js does not know of, is told", async (t) => {
  const told = t.mock.method(console, "warn", () => {});
  const token = { content: "film", single_word: true, lstrip: false, rstrip: false, normalized: true };
  const config = { tokenizer_class: "BertTokenizer", added_tokens_decoder: { 9000: token } };
  const folder = folderOf(["tokenizer.json"], config);
  const made = await transformersJs(await pipelineTokenizer({ folder, maxTokens: 64 }));
  assert.match(
    String(told.mock.calls[0].arguments[0]),
    /^frostkit: Transformers\.js finds film within longer words too, /,
  );
  const tokenizer = await loadTokenizer(folder);
  assert.deepEqual(made.encode("a film."), [...tokenizer.encode("a film.").inputIds]);
  assert.notDeepEqual(made.encode("films"), [...tokenizer.encode("films").inputIds]);
});

test("Texts are cut to what the model takes, or to less where the tokenizer says so", async () => {
  for (const [config, maxTokens, expected] of [
    [{}, 64, 64],
    [{ model_max_length: 1e30 }, 64, 64],
    [{ model_max_length: 32 }, 64, 32],
    [{ model_max_length: null }, 64, 64],
  ] as const) {
    const files = await pipelineTokenizer({ folder: folderOf(["tokenizer.json"], config), maxTokens });
    assert.equal(configOf(files).model_max_length, expected);
  }
  const made = await transformersJs(await pipelineTokenizer({ folder: pretrained, maxTokens: 16 }));
  const { input_ids } = await made("good film ".repeat(50), { truncation: true });
  assert.deepEqual(input_ids.dims, [1, 16]);
});

test("Other fields stay as they are, and a folder without a tokenizer gives none", async () => {
  const config = { tokenizer_class: "BertTokenizer", do_lower_case: true, mine: [1, 2] };
  const files = await pipelineTokenizer({ folder: folderOf(["tokenizer.json"], config), maxTokens: 8 });
  assert.deepEqual(configOf(files), { ...config, pad_token: "[PAD]", model_max_length: 8 });
  assert.deepEqual([...(await pipelineTokenizer({ folder: makeFolder(), maxTokens: 8 })).keys()], []);
});

test("A model that takes texts of any length has the length that its tokenizer names, or none", async () => {
  for (const [config, expected] of [
    [{}, undefined],
    [{ model_max_length: 512 }, 512],
    [{ model_max_length: null }, undefined],
  ] as const) {
    const folder = folderOf(["tokenizer.json"], config);
    const files = await pipelineTokenizer({ folder, maxTokens: Number.POSITIVE_INFINITY });
    assert.equal(configOf(files).model_max_length, expected);
    const text = "good film ".repeat(40);
    const { inputIds } = (await loadTokenizer(folder)).encode(text);
    const made = (await transformersJs(files))(text, { truncation: true, return_tensor: false });
    assert.deepEqual(made.input_ids, [...inputIds]);
  }
});

test("A file that is not JSON is named", async () => {
  const folder = folderOf(["tokenizer.json"]);
  writeFileSync(join(folder, "tokenizer_config.json"), "{");
  await assert.rejects(pipelineTokenizer({ folder, maxTokens: 8 }), {
    name: "InputError",
    message: new RegExp(`^${join(folder, "tokenizer_config.json")}: expected JSON, got `),
  });
});
