import assert from "node:assert/strict";
import { test } from "node:test";
import { keepLongestFirst } from "../../src/data/keepLongestFirst";

const tokens = (count: number) => Array.from({ length: count }, (_, i) => i);
const kept = (a: number, b: number, room: number) =>
  keepLongestFirst([tokens(a), tokens(b)], room, false).map((list) => list.length);

test("A single text keeps its start, or its end where the tokenizer truncates on the left", () => {
  assert.deepEqual(keepLongestFirst([tokens(5)], 3, false), [[0, 1, 2]]);
  assert.deepEqual(keepLongestFirst([tokens(5)], 3, true), [[2, 3, 4]]);
  assert.deepEqual(keepLongestFirst([tokens(3)], 3, true), [[0, 1, 2]]);
  assert.deepEqual(keepLongestFirst([tokens(3)], Number.POSITIVE_INFINITY, false), [[0, 1, 2]]);
});

test("A pair that fits is kept whole", () => {
  assert.deepEqual(kept(2, 5, 7), [2, 5]);
  assert.deepEqual(kept(0, 0, 1), [0, 0]);
});

test("The longer text gives first", () => {
  assert.deepEqual(kept(2, 9, 7), [2, 5]);
  assert.deepEqual(kept(9, 2, 7), [5, 2]);
  assert.deepEqual(kept(0, 9, 4), [0, 4]);
});

test("Two long texts get half each, an odd token going to the longer, of equals to the second", () => {
  assert.deepEqual(kept(9, 8, 6), [3, 3]);
  assert.deepEqual(kept(9, 8, 7), [4, 3]);
  assert.deepEqual(kept(8, 9, 7), [3, 4]);
  assert.deepEqual(kept(8, 8, 7), [3, 4]);
});

test("Whatever is cut, the room is used up", () => {
  for (let a = 0; a < 8; a++)
    for (let b = 0; b < 8; b++)
      for (let room = 1; room < 16; room++) {
        const [x, y] = kept(a, b, room);
        assert.equal(x + y, Math.min(a + b, room), `${a} and ${b} into ${room}`);
      }
});

test("Each text of a pair keeps its end where the tokenizer truncates on the left", () => {
  assert.deepEqual(keepLongestFirst([tokens(4), tokens(3)], 4, true), [
    [2, 3],
    [1, 2],
  ]);
});
