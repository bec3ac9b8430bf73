// Names come from files of anyone's: nothing in them may steer the terminal of whoever prints them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { Board } from "../src/cli/Board";
import { failureOf } from "../src/cli/failure";
import { showAlive } from "../src/cli/showAlive";
import { textDataset } from "../src/data/textDataset";
import { tellOnce } from "../src/engine/tellOnce";
import { FrostError, InputError } from "../src/errors";
import { freezeWhere, listParams, type NamedParameter, visible } from "../src/freeze";
import { rowsText } from "../src/notebook/rowsHtml";
import { eventLine } from "../src/report/eventLine";
import { formatSummary } from "../src/sweep/formatSummary";
import { summarize } from "../src/sweep/summarize";
import { visibly } from "../src/text/visibly";
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

test("Lines on rows, models and states tell them, whoever takes the lines", async (t) => {
  const lines: string[] = [];
  const log = (line: string) => lines.push(line);
  const rows = [NAME, "b"].flatMap((label) => [1, 2].map((i) => ({ text: `${label} ${i}`, label })));
  const table = { path: `${NAME}.csv`, columns: ["text", "label"], rows };
  textDataset(table, { label: "label", log });
  const info = t.mock.method(console, "info", () => {});
  textDataset(table, { label: "label" });
  lines.push(...info.mock.calls.map(({ arguments: [line] }) => line as string));
  const warn = t.mock.method(console, "warn", () => {});
  tellOnce(`of ${NAME}`);
  lines.push(...warn.mock.calls.map(({ arguments: [line] }) => line as string));
  visibly(log)(NAME);
  assert.equal(lines.length, 4);
  assert.match(lines[0], /^2 classes: /);
  assert.equal(lines[2], `frostkit: of ${TOLD}`);
  assert.equal(lines[3], TOLD);
  for (const line of lines) assert.doesNotMatch(line, STEERS);
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
