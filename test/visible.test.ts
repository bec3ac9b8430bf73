// Names come from files of anyone's: nothing in them may steer the terminal of whoever prints them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Board } from "../src/cli/Board";
import { failureOf } from "../src/cli/failure";
import { showAlive } from "../src/cli/showAlive";
import { FrostError, InputError } from "../src/errors";
import { freezeWhere, listParams, type NamedParameter, visible } from "../src/freeze";
import { rowsText } from "../src/notebook/rowsHtml";
import { eventLine } from "../src/report/eventLine";
import { formatSummary } from "../src/sweep/formatSummary";
import { summarize } from "../src/sweep/summarize";
import { fakeEpoch, fakeRecord } from "./sweep/fakeRecord";

const NAME = "a\u001b]0;title\u0007\u009b31m\r\u0000z";
const TOLD = "a\\x1b]0;title\\x07\\x9b31m\\x0d\\x00z";
const STEERS = /(?![\n\t])\p{Cc}/u;

test("Control characters are spelled out, line breaks and tabs stay", () => {
  assert.equal(visible(NAME), TOLD);
  assert.equal(visible("one\n\ttwo é 漢 😀"), "one\n\ttwo é 漢 😀");
});

test("Errors tell them", () => {
  assert.equal(new InputError(NAME).message, TOLD);
  assert.ok(new InputError("x", { cause: 1 }) instanceof FrostError);
  assert.equal(new FrostError("x", { cause: 1 }).cause, 1);
  for (const error of [new FrostError(NAME), new Error(NAME), NAME])
    assert.doesNotMatch(failureOf(error, "frostkit sweep").line!, STEERS);
});

test("Tables of parameters, of depths and of rows tell them, and so does what is frozen", () => {
  const parameters: [string, NamedParameter][] = [[`${NAME}.weight`, { shape: [2], requiresGrad: true }]];
  const model = { namedParameters: () => parameters };
  assert.match(String(listParams(model)), /^a\\x1b\]0;title/m);
  const records = [fakeRecord({ n: -1, strategy: NAME, recipe: { recipe: NAME } }), fakeRecord()];
  const other = freezeWhere(
    { namedParameters: () => [...parameters, ["b", { shape: [1], requiresGrad: true }]] },
    NAME,
  );
  for (const text of [
    String(listParams(model)),
    inspect(other),
    formatSummary(summarize(records)),
    rowsText([{ [NAME]: NAME, other: 1 }]),
  ])
    assert.doesNotMatch(text, STEERS);
  assert.equal(rowsText([{ text: "two\nlines\tand a tab" }]), "text\ntwo lines and a tab", "a row is a line");
});

test("Progress tells them: lines of epochs and trials, bars, and what takes long", async () => {
  const record = fakeRecord({ strategy: NAME, recipe: { recipe: NAME }, n: -1 });
  const trial = { trial: "t", strategy: NAME, n: -1, seed: 0, settings: {}, recipe: {} as never };
  const lines = [
    eventLine({ type: "epoch", ...fakeEpoch({ metrics: { [NAME]: 1 } }) }),
    eventLine({ type: "record", record, index: 0, count: 1 }),
    eventLine({ type: "failed", trial, error: new Error(NAME) }),
  ];
  for (const line of lines) assert.doesNotMatch(line!, STEERS);
  const parts: string[] = [];
  const stream = { isTTY: false, write: (text: string) => parts.push(text) > 0 };
  const board = new Board(stream as never);
  board.line(NAME);
  board.bar(NAME).update(1, 2, NAME);
  board.stop();
  await showAlive(NAME, async () => {}, stream as never);
  assert.equal(parts.join(""), `${TOLD}\n${TOLD}\n`);
});
