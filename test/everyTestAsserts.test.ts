import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { temporaryFolder, write } from "./engine/native/fakes";

/** Runs a file of tests as run.ts does, and gives what each came to: "pass", "fail" with why, or "skip" with why. */
function outcomes(body: string): Record<string, string> {
  const file = write(
    join(temporaryFolder(), "some.test.cjs"),
    `const assert = require("node:assert/strict");
const { describe, it, test } = require("node:test");
const tf = require(${JSON.stringify(require.resolve("@tensorflow/tfjs-core"))});
${body}`,
  );
  const preload = pathToFileURL(join(__dirname, "everyTestAsserts.ts")).href;
  const { stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--import", preload, "--test-reporter=tap", file],
    { encoding: "utf8", cwd: join(__dirname, ".."), env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  const found: Record<string, string> = {};
  let last = "";
  for (const line of stdout.split("\n")) {
    const result = /^\s*(not ok|ok) \d+ - (.*?)(?: # SKIP (.*))?$/.exec(line);
    if (result) {
      last = result[2];
      found[last] = result[3] ? `skip: ${result[3]}` : result[1] === "ok" ? "pass" : "fail";
    }
    const error = /^\s+error: '(.*)'$/.exec(line);
    if (error) found[last] = `fail: ${error[1]}`;
  }
  return found;
}

test("A test that asserts nothing fails, however it came to that, and one that skips says why", () => {
  const nothing = "fail: nothing was asserted: a test that cannot run here calls t.skip(reason)";
  assert.deepEqual(
    outcomes(`
test("asserts", () => assert.equal(1, 1));
test("returns early", () => { if (tf) return; assert.equal(1, 1); });
test("goes through an empty list", async () => { for (const x of []) assert.ok(x); });
test("hands assert.fail around", () => [].forEach(assert.fail));
test("asks of nothing", () => { undefined?.f(assert.ok(true)); });
test("skips", (t) => t.skip("no GPU"));
test("is skipped", { skip: "no Python" }, () => {});
test("asserts in a part", async (t) => { await t.test("part", () => assert.ok(true)); });
`),
    {
      asserts: "pass",
      "returns early": nothing,
      "goes through an empty list": nothing,
      "hands assert.fail around": nothing,
      "asks of nothing": nothing,
      skips: "skip: no GPU",
      "is skipped": "skip: no Python",
      part: "pass",
      "asserts in a part": "pass",
    },
  );
});

test("A test whose title names an engine fails where another computes", () => {
  const found = outcomes(`
tf.registerBackend("cpu", () => new tf.KernelBackend());
tf.setBackend("cpu");
describe("product, on cpu", () => { it("is right", () => assert.ok(true)); });
describe("product, on tensorflow", () => { it("is wrong", () => assert.ok(true)); });
`);
  assert.equal(found["is right"], "pass");
  assert.equal(found["is wrong"], "fail: the title names tensorflow, cpu computes");
});

test("What is not true fails at once and says so, or what the test says of it", () => {
  assert.deepEqual(
    outcomes(`
test("is false", () => assert.ok(0));
test("has words", () => assert.ok(null, "no file is left"));
test("has an error", () => assert.ok("", new Error("the reason")));
`),
    {
      "is false": "fail: expected a value that is true",
      "has words": "fail: no file is left",
      "has an error": "fail: the reason",
    },
  );
});
