import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loadTokenizer } from "../../src/data/loadTokenizer";

/** What Python made of the same texts; see make_family_tokenizers.py in that folder. */
interface Expected {
  text: string;
  pair: string | null;
  maxLength: number | null;
  ids: number[];
  types?: number[];
  truncated: boolean;
}
const fixtures = join(__dirname, "../fixtures/tokenizer");

for (const name of ["deberta-v3", "modernbert"])
  test(`Ids, token types and truncation of a tokenizer as ${name} has it are those of Python`, async () => {
    const tokenizer = await loadTokenizer(join(fixtures, name));
    const expected: Expected[] = JSON.parse(readFileSync(join(fixtures, name, "expected.json"), "utf8"));
    for (const { text, pair, maxLength, ids, types, truncated } of expected) {
      const encoding = tokenizer.encode(text, pair, maxLength ?? undefined);
      const what = JSON.stringify([text, pair, maxLength]);
      assert.deepEqual([...encoding.inputIds], ids, what);
      assert.deepEqual(encoding.tokenTypeIds && [...encoding.tokenTypeIds], types ?? null, what);
      assert.equal(encoding.truncated, truncated, what);
    }
  });

test("They know the padding, the length and the token types of their families", async () => {
  const [deberta, modernbert] = await Promise.all(
    ["deberta-v3", "modernbert"].map((name) => loadTokenizer(join(fixtures, name))),
  );
  assert.equal(deberta.padTokenId, 0);
  assert.equal(deberta.modelMaxLength, 512);
  assert.deepEqual([...deberta.encode("ice", "snow").tokenTypeIds!].at(-1), 1);
  assert.equal(modernbert.modelMaxLength, 8192);
  const vocabulary = JSON.parse(readFileSync(join(fixtures, "modernbert/tokenizer.json"), "utf8"));
  const pad = vocabulary.added_tokens.find(({ content }: { content: string }) => content === "[PAD]").id;
  assert.equal(modernbert.padTokenId, pad);
  assert.equal(modernbert.encode("ice", "snow").tokenTypeIds, null);
});
