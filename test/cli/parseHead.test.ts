import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHead } from "../../src/cli/parseHead";
import { POOLINGS } from "../../src/options/words";

test("A head is its pooling, with settings behind colons", () => {
  for (const pooling of POOLINGS) assert.deepEqual(parseHead(pooling), { pooling });
  assert.deepEqual(parseHead("lstm:hiddenSize=256:bidirectional=true"), {
    pooling: "lstm",
    hiddenSize: 256,
    bidirectional: true,
  });
  assert.deepEqual(parseHead(" cls:lastLayers=4:useWeightedLayerSum=true:dropout=.2 "), {
    pooling: "cls",
    lastLayers: 4,
    useWeightedLayerSum: true,
    dropout: 0.2,
  });
  assert.deepEqual(parseHead("firstRows:rows=6"), { pooling: "firstRows", rows: 6 });
});

test("What is no head is refused, and it is said what is", () => {
  const refuses = (text: string, message: RegExp) =>
    assert.throws(() => parseHead(text), { name: "InvalidArgumentError", message });
  refuses("average", /^Expected one of cls, mean, .*, gru, lstm, got "average"\.$/);
  refuses("", /^Expected one of cls, .*, got ""\.$/);
  refuses("lstm:hiddenSize=wide", /^hiddenSize: expected an integer of at least 1, got "wide"\.$/);
  refuses("lstm:bidirectional=1", /^bidirectional: expected true or false, got 1\.$/);
  refuses("lstm:hidden", /^Expected lstm:setting=value, got "hidden"\.$/);
  refuses("mean:lastLayers=2:lastLayers=3", /^Expected lastLayers once, got it twice\.$/);
  refuses("mean:layers=2", /layers/);
});
