// Python's json reads no file that begins with a byte order mark, as editors on Windows write it (Transformers 5.17, all files below):
// neither does the kit, which says so. Words on their own are read with the mark, as Python reads them; where that is the padding token,
// which Python then gives another id, and in merges.txt, which it does not read, the mark is told.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { bundled } from "../../src/notebook/bundled";
import { readRecords } from "../../src/sweep/record";
import { fakeRecord } from "../sweep/fakeRecord";

const root = mkdtempSync(join(tmpdir(), "frostkit-bom-"));
after(() => rmSync(root, { recursive: true }));

let copies = 0;
function copy(): string {
  const folder = join(root, String(copies++));
  cpSync(bundled("all-MiniLM-L6-v2"), folder, { recursive: true });
  return folder;
}

const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function marked(file: string): string {
  writeFileSync(file, Buffer.concat([MARK, readFileSync(file)]));
  return file;
}

const load = (folder: string) => AutoModelForSequenceClassification.fromPretrained(folder, { log: () => {} });

const said = (file: string, came = "UTF-8 with a byte order mark (BOM)") => ({
  name: "InputError",
  message: `${file}: expected JSON in UTF-8, got ${came}, which Python does not read; save it as UTF-8 without BOM`,
});

const ofWords = (file: string) => ({
  name: "InputError",
  message: `${file}: expected UTF-8, got UTF-8 with a byte order mark (BOM), which Python takes for a part of its first word; save it as UTF-8 without BOM`,
});

test("A config with a byte order mark, or in UTF-16, is refused by name, by model and tokenizer", async () => {
  const folder = copy();
  const file = marked(join(folder, "config.json"));
  await assert.rejects(load(folder), said(file));
  await assert.rejects(loadTokenizer(folder), said(file));
  const text = readFileSync(file).subarray(MARK.length).toString();
  writeFileSync(file, Buffer.from(`\ufeff${text}`, "utf16le"));
  await assert.rejects(load(folder), said(file, "UTF-16"));
});

for (const name of ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"])
  test(`${name} with a byte order mark is refused by name`, async () => {
    const folder = copy();
    await loadTokenizer(folder);
    const file = marked(join(folder, name));
    await assert.rejects(loadTokenizer(folder), said(file));
  });

test("An index of weights with a byte order mark is refused by name", async () => {
  const folder = copy();
  renameSync(join(folder, "model.safetensors"), join(folder, "model-00001-of-00001.safetensors"));
  const file = join(folder, "model.safetensors.index.json");
  writeFileSync(
    file,
    JSON.stringify({ weight_map: { "embeddings.LayerNorm.bias": "model-00001-of-00001.safetensors" } }),
  );
  (await load(folder)).dispose();
  marked(file);
  await assert.rejects(load(folder), said(file));
});

test("A vocabulary's mark is part of its first token, as in Python: the ids stay", async () => {
  const folder = copy();
  const before = (await loadTokenizer(folder)).encode("hello world, how are you").inputIds;
  marked(join(folder, "vocab.txt"));
  assert.deepEqual((await loadTokenizer(folder)).encode("hello world, how are you").inputIds, before);
});

test("A vocabulary whose first token, with the mark, is one that the class needs is refused by name", async () => {
  const folder = join(root, "words");
  mkdirSync(folder);
  writeFileSync(join(folder, "config.json"), '{"model_type":"bert"}');
  writeFileSync(join(folder, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nice\n");
  await loadTokenizer(folder);
  const file = marked(join(folder, "vocab.txt"));
  await assert.rejects(loadTokenizer(folder), ofWords(file));
});

for (const name of ["vocab.json", "merges.txt", "added_tokens.json"])
  test(`${name} with a byte order mark is refused by name`, async () => {
    const folder = join(root, `bpe-${name}`);
    cpSync(join(__dirname, "../fixtures/tokenizer/bpe"), folder, { recursive: true });
    writeFileSync(join(folder, "config.json"), '{"model_type":"roberta"}');
    writeFileSync(join(folder, "added_tokens.json"), '{"<new>":900}');
    await loadTokenizer(folder);
    const file = marked(join(folder, name));
    await assert.rejects(loadTokenizer(folder), name === "merges.txt" ? ofWords(file) : said(file));
  });

test("Records that an editor put a mark before are read", () => {
  const file = join(root, "records.jsonl");
  writeFileSync(file, `${JSON.stringify(fakeRecord())}\n`);
  const plain = readRecords(file);
  marked(file);
  assert.deepEqual(readRecords(file), plain);
});
