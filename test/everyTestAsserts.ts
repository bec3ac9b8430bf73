// Loaded before each test file, by run.ts: a test that passes without having asserted anything fails, and so does one that says it
// is "on" an engine while another computes.
import assert from "node:assert/strict";
import { basename } from "node:path";
import { afterEach, beforeEach } from "node:test";
import { isMainThread } from "node:worker_threads";
import { engineOf } from "./engineOf";

type Context = {
  name: string;
  fullName?: string;
  skip?(message?: string): void;
  todo?(message?: string): void;
};

let assertions = 0;

/** Counts how often an assertion is taken from `assert`. Its functions stay as they are, but for `ok`. */
function countAssertions(): void {
  for (const [name, value] of Object.entries(assert)) {
    // `assert.fail` is handed around as what must not be called.
    if (typeof value !== "function" || !/^[a-z]/.test(name) || name === "fail" || name === "strict") continue;
    Object.defineProperty(assert, name, {
      enumerable: true,
      get() {
        assertions++;
        return name === "ok" ? ok : value;
      },
    });
  }
}

/** To quote the line that called, Node 20's own parses a transpiled file, one long line, once for each of its columns: minutes. */
function ok(actual: unknown, message?: string | Error): void {
  if (actual) return;
  if (message instanceof Error) throw message;
  const told = message ?? "expected a value that is true";
  throw new assert.AssertionError({
    message: told,
    actual,
    expected: true,
    operator: "==",
    stackStartFn: ok,
  });
}

/** The name of the backend that tfjs computes with, where it is loaded. */
const backend = (): string | undefined =>
  require.cache[require.resolve("@tensorflow/tfjs-core")]?.exports.getBackend();

// Worker threads and other processes that a test starts have no tests of their own.
if (isMainThread && basename(process.argv[1] ?? "").includes(".test.")) {
  countAssertions();
  const before = new WeakMap<object, number>();
  const skipped = new WeakSet<object>();
  beforeEach((context) => {
    const test = context as Context;
    before.set(test, assertions);
    for (const way of ["skip", "todo"] as const) {
      const said = test[way];
      if (said === undefined) continue; // a group
      test[way] = (message) => {
        skipped.add(test);
        said.call(test, message);
      };
    }
  });
  afterEach((context) => {
    const test = context as Context;
    if (skipped.has(test) || !before.has(test)) return;
    if (before.get(test) === assertions)
      throw new Error("nothing was asserted: a test that cannot run here calls t.skip(reason)");
    const named = engineOf(test.fullName ?? test.name);
    const used = backend();
    if (named !== undefined && used !== undefined && used !== named)
      throw new Error(`the title names ${named}, ${used} computes`);
  });
}
