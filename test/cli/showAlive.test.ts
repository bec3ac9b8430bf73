import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { showAlive } from "../../src/cli/showAlive";
import { waitUntil } from "../waitUntil";

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) > 0 };
}

/** Work that goes on until so much has been written. */
async function untilWritten({ written }: ReturnType<typeof screen>, times: number): Promise<string> {
  await waitUntil(() => written.length >= times);
  return "done";
}

test("In a log, what takes long is said first, then that it still goes on, a line each time", async () => {
  const stream = screen(false);
  const result = await showAlive("linking, about a minute", () => untilWritten(stream, 3), stream, 0.02);
  assert.equal(result, "done");
  const [first, ...rest] = stream.written;
  assert.equal(first, "linking, about a minute\n");
  assert.ok(rest.length >= 2, `${rest}`);
  for (const line of rest) assert.match(line, /^ {2}at work for \d+ s\n$/);
});

test("On a terminal one line is written over, and gone at the end", async () => {
  const stream = screen(true);
  await showAlive("linking", () => untilWritten(stream, 4), stream, 0.02);
  assert.ok(stream.written.length >= 4);
  for (const text of stream.written.slice(1, -1)) assert.match(text, /^\r {2}at work for \d+ s$/);
  assert.equal(stream.written.at(-1), "\r\u001b[K");
});

test("An error passes through, and nothing is written after it", async () => {
  const stream = screen(false);
  await assert.rejects(
    showAlive("linking", () => Promise.reject(new Error("no compiler")), stream, 0.01),
    /no compiler/,
  );
  const { length } = stream.written;
  await setTimeout(50);
  assert.equal(stream.written.length, length);
});
