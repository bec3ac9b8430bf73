// What the kit's kernel makes of cells, by the compiler that runs in tslab; kernel.test.ts has the same in a real kernel.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { awaitsAtTop } from "../../src/notebook/awaitsAtTop";
import { keptDeclarations } from "../../src/notebook/keptDeclarations";
import { lastValue, SHOWS } from "../../src/notebook/lastValue";
import { stopRuns } from "../../src/notebook/stopRuns";
import type { Executor, TypeScript } from "../../src/notebook/tslab";
import { openRuns } from "../../src/training/openRuns";
import { Run } from "../../src/training/Run";
import { Stoppable } from "../../src/training/Stoppable";

const ts = createRequire(require.resolve("tslab"))("@tslab/typescript-for-tslab") as TypeScript;

test("A cell waits at its top where an await or a for await stands outside its functions and classes", () => {
  const waits = [
    "await f()",
    "await (f())",
    "for await (const x of y) {}",
    "if (a) { for (;;) await b; }",
    "const { a } = await f();",
    "export default await f();",
    "const x = [await f(), 1];",
  ];
  const none = [
    "f()",
    "async () => { await f(); }",
    "async function g() { for await (const x of y); }",
    "class A { async m() { await f(); } }",
    "// await f()",
    '"await f()"',
    "for (const x of y) {}",
  ];
  for (const code of waits) assert.equal(awaitsAtTop(code, ts), true, code);
  for (const code of none) assert.equal(awaitsAtTop(code, ts), false, code);
});

test("Of a failed cell's constants those with a value stay, an earlier one comes back under its own type, the rest goes", () => {
  const values: Record<string, unknown> = { reached: 1, replaced: undefined, kept: "k" };
  const left = {
    after: [
      "declare const reached: number, replaced: Date, missed: string;",
      "declare let open: string;",
      "declare function f(): void;",
      "interface Row { id: number }",
    ].join("\n"),
    before: "declare const replaced: string, kept: string;",
    values,
    earlier: { replaced: "earlier", kept: "k" },
  };
  assert.equal(
    keptDeclarations(ts, left),
    [
      "declare const reached: number;",
      "declare const replaced: string;",
      "declare let open: string;",
      "declare function f(): void;",
      "interface Row { id: number }",
    ].join("\n"),
  );
  assert.equal(values.replaced, "earlier");
});

test("A last line's promise prints nothing where its work shows itself, and otherwise what to write", async () => {
  const pending = new Promise(() => {});
  assert.equal(lastValue(pending), "a promise: write await before it for its value");
  assert.equal(lastValue(Object.defineProperty(new Promise(() => {}), SHOWS, { value: true })), null);
  assert.equal(lastValue(Promise.resolve()), null);
  const failed = Promise.reject(new Error("told by tslab"));
  failed.catch(() => {});
  assert.equal(lastValue(failed), "a promise: write await before it for its value");
  const five = Promise.resolve(5);
  assert.equal(lastValue(five), five);
  assert.deepEqual([lastValue(3), lastValue([1]), lastValue("text")], [3, [1], "text"]);
});

/** An executor of one cell after the other, without tslab. */
function executorOf(cell: () => Promise<boolean>): Executor & { givenUp: number } {
  const executor = {
    givenUp: 0,
    locals: {},
    execute: cell,
    interrupt() {
      executor.givenUp++;
    },
  };
  stopRuns(executor);
  return executor;
}

/** A run that goes on until it is stopped. */
function endless(name: string): Run<number, string> {
  const stoppable = new Stoppable({ name });
  async function* steps() {
    while (!stoppable.signal.aborted) {
      yield 1;
      await new Promise(setImmediate);
    }
    return "so far";
  }
  return new Run(steps(), stoppable);
}

test("The first press stops runs and fails the cell at its end, the second gives it up; without runs the first does", async () => {
  let result: string | undefined;
  const one = executorOf(async () => {
    setTimeout(() => one.interrupt(), 20);
    result = await endless("fineTune");
    return true;
  });
  assert.equal(await one.execute(""), false);
  assert.deepEqual([result, one.givenUp], ["so far", 0]);
  one.interrupt();
  assert.equal(one.givenUp, 1);

  const hanging = executorOf(async () => {
    const loop = endless("fineTune")[Symbol.asyncIterator]();
    await loop.next();
    hanging.interrupt();
    assert.equal(hanging.givenUp, 0);
    hanging.interrupt();
    return (hanging.givenUp as number) !== 1;
  });
  assert.equal(await hanging.execute(""), false);
  assert.equal(openRuns().runs.size, 0);
});

test("A run whose loop the cell has left is not said to have ended, and one more press gives it up, also in another cell", async (t) => {
  const told: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => told.push(text) > 0);
  let pressing = () => {};
  const executor = executorOf(async () => {
    pressing();
    return true;
  });
  const loop = endless("fineTune")[Symbol.asyncIterator]();
  await loop.next();
  pressing = executor.interrupt;
  assert.equal(await executor.execute(""), false);
  assert.deepEqual(told, [
    "still training: write await before fineTune(…), so that the cell waits for it; the stop button ends it\n",
    "Stopped: fineTune will end with the next step, or at once where the stop button is pressed again, and the cells below are not run\n",
  ]);
  assert.deepEqual([executor.givenUp, openRuns().runs.size], [0, 1]);
  await executor.execute("");
  assert.deepEqual([executor.givenUp, openRuns().runs.size], [1, 0]);
});

test("A cell in which a run was expected to be stopped ends well, and the next one starts anew", async () => {
  const { runs } = openRuns();
  const watching = { name: "watch", work: "watching", endsWell: true, stop() {}, close() {} };
  const executor = executorOf(async () => {
    runs.add(watching);
    setTimeout(() => executor.interrupt(), 20);
    await endless("fineTune");
    runs.delete(watching);
    return true;
  });
  assert.equal(await executor.execute(""), true);
  const next = executorOf(async () => (await new Run((async function* () {})())) === undefined);
  assert.equal(await next.execute(""), true);
});
