import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCharsmap } from "../../../src/data/tokenizer/readCharsmap";

// A map of a few rules, and what Python's tokenizers make of texts by it; see make_expected.py beside it.
const expected = readFileSync(join(__dirname, "../../fixtures/tokenizer/expected.json"), "utf8");
const { base64, normal }: { base64: string; normal: [string, string][] } = JSON.parse(expected).charsmap;

test("A map of SentencePiece's normalisation does to a text what it does in Python", () => {
  const normalize = readCharsmap(base64);
  for (const [text, wanted] of normal) assert.equal(normalize(text), wanted, JSON.stringify(text));
  assert.ok(normal.filter(([text, wanted]) => text !== wanted).length >= 5);
});

test("What is in the map is replaced, what is not stays: a joiner within an emoji, say", () => {
  const normalize = readCharsmap(base64);
  assert.equal(normalize("\ufb01re\u3000\u2460\u00ad"), "fire 1");
  assert.equal(normalize("👩\u200d💻"), "👩\u200d💻");
  assert.equal(normalize(""), "");
});

test("A cluster whose beginning is in the map is replaced as a whole, if it is short", () => {
  const normalize = readCharsmap(base64);
  assert.equal(normalize("xe\u0301y"), "x\u00e9y");
  assert.equal(normalize("xe\u0301\u0323y"), "x\u00e9y", "5 bytes: the dot below goes");
  assert.equal(
    normalize("xe\u0301\u0323\u0323y"),
    "xe\u0301\u0323\u0323y",
    "7 bytes: character by character",
  );
});

test("A text is normalised piece by piece to what it is as a whole, in time that grows with its length", () => {
  const normalize = readCharsmap(base64);
  const texts = normal.map(([text]) => text);
  const wanted = normal.map(([, wanted]) => wanted).join(" ");
  assert.equal(normalize(texts.join(" ")), wanted);
  const seconds = (times: number) => {
    const text = `${texts.join(" ")} `.repeat(times);
    const start = performance.now();
    normalize(text);
    return (performance.now() - start) / 1000;
  };
  seconds(20);
  // 100 times the text: in quadratic time that would take 10,000 times as long.
  assert.ok(seconds(400) < 1000 * Math.max(seconds(4), 1e-4));
});
