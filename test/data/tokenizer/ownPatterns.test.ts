import assert from "node:assert/strict";
import { test } from "node:test";
import { ownPatterns } from "../../../src/data/tokenizer/ownPatterns";
import type { TokenizerJson } from "../../../src/data/tokenizer/tokenizerJson";

const given = (normalizer: object | null, pre_tokenizer: object | null) =>
  ownPatterns({ normalizer, pre_tokenizer } as unknown as TokenizerJson);
const regex = (type: string, pattern: string) => ({ type, pattern: { Regex: pattern } });

test("Expressions are found in either part, however deep the sequences they stand in", () => {
  const deep = {
    type: "Sequence",
    normalizers: [{ type: "Sequence", normalizers: [regex("Replace", "(a|a)*b")] }],
  };
  const split = { type: "Sequence", pretokenizers: [{ type: "ByteLevel" }, regex("Split", "(a+)+$")] };
  assert.deepEqual(given(deep, split), ["(a|a)*b", "(a+)+$"]);
});

test("Plain texts to replace, and expressions that are known to end on every text, need no watch", () => {
  assert.deepEqual(given({ type: "Replace", pattern: { String: "(a+)+" } }, regex("Split", "\\s+")), []);
  assert.deepEqual(given(null, null), []);
});
