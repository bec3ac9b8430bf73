import assert from "node:assert/strict";
import { test } from "node:test";
import { LEGS, type Leg } from "./legs";
import { Tally, type TestEvent } from "./Tally";

const named =
  (pattern: RegExp): Leg["has"] =>
  ({ path }) =>
    pattern.test(path);
const legs: Leg[] = [
  { name: "unit", has: ({ path }) => !/bf16|\.ipynb/.test(path) },
  { name: "half precision", has: named(/bf16/) },
  { name: "Jupyter", has: named(/\.ipynb/) },
];

/** A tally that is told of groups and their tests as node:test tells of them. */
function tallyOf(
  groups: Record<string, Record<string, "pass" | "fail" | `skip: ${string}`> | string>,
): Tally {
  const tally = new Tally(legs, "/test");
  const tell = (event: TestEvent, outcome: string) => {
    const skip = outcome.startsWith("skip: ") ? outcome.slice(6) : undefined;
    tally.ended({ ...event, skip }, outcome !== "fail");
  };
  for (const [group, tests] of Object.entries(groups)) {
    const suite = { name: group, nesting: 0, file: "/test/a.test.ts", details: { type: "suite" } };
    tally.started(suite);
    if (typeof tests === "string") {
      tell(suite, tests);
      continue;
    }
    for (const [name, outcome] of Object.entries(tests)) {
      const event = { name, nesting: 1, file: "/test/a.test.ts" };
      tally.started(event);
      tell(event, outcome);
    }
    tell(suite, Object.values(tests).includes("fail") ? "fail" : "pass");
  }
  return tally;
}

const rows = (tally: Tally): string[][] =>
  tally
    .format()
    .split("\n")
    .map((line) => line.split(/ {2,}/));

test("Each leg has a row, each engine a column: what ran there, what failed, and why something was skipped", () => {
  const tally = tallyOf({
    "product, on tensorflow": { "adds up": "pass", "rounds to bf16": "pass", "rounds to bf16 twice": "fail" },
    "product, on onnxruntime": { "adds up": "pass", "rounds to bf16": "skip: float32 alone" },
    "product, on cpu": { "rounds to bf16": "skip: float32 alone" },
    "product, on webgpu": "skip: no adapter",
    notebooks: { "06.ipynb runs": "skip: no Jupyter" },
  });
  assert.deepEqual(rows(tally), [
    ["leg", "tensorflow", "webgpu", "onnxruntime", "cpu", "no engine", "skipped, and why"],
    ["unit", "1 ran", "skipped", "1 ran", "-", "-", "1 on webgpu: no adapter"],
    [
      "half precision",
      "1 of 2 failed",
      "-",
      "skipped",
      "skipped",
      "-",
      "1 on onnxruntime, 1 on cpu: float32 alone",
    ],
    ["Jupyter", "-", "-", "-", "-", "skipped", "1: no Jupyter"],
  ]);
});

test("A leg of which no test was told is absent rather than done, and a group without tests is told of", () => {
  const tally = tallyOf({ "product, on onnxruntime": { "adds up": "pass" }, "loops over nothing": {} });
  assert.deepEqual(tally.absent, ["half precision", "Jupyter"]);
  assert.deepEqual(tally.hollow, ["a.test.ts loops over nothing"]);
});

test("A file of which no test came is told of, and one that fails as a whole has failed", () => {
  const tally = tallyOf({});
  const file = { name: "/test/b.test.ts", nesting: 0, file: "/test/b.test.ts" };
  tally.started(file);
  tally.ended(file, true);
  assert.deepEqual(tally.hollow, ["b.test.ts /test/b.test.ts"]);
  tally.started(file);
  tally.ended(file, false);
  assert.deepEqual(rows(tally)[1], ["unit", "-", "-", "-", "-", "1 of 1 failed"]);
});

test("What is required and did not run is named with why, be it a leg or an engine", () => {
  const tally = tallyOf({
    "product, on onnxruntime": { "adds up": "pass" },
    "product, on webgpu": "skip: no adapter",
    notebooks: { "06.ipynb runs": "skip: no Jupyter" },
  });
  assert.deepEqual(tally.missing(["onnxruntime", "unit"]), []);
  assert.deepEqual(tally.missing(["webgpu", "jupyter", "half precision"]), [
    "webgpu: no adapter",
    "jupyter: no Jupyter",
    "half precision: no test of it was asked for",
  ]);
});

test("A test stands in each leg that its file or titles tell of, else in unit", () => {
  const legsOf = (path: string, engine: string | null = null) =>
    LEGS.filter(({ has }) => has({ path, engine })).map(({ name }) => name);
  const node = `Node ${process.versions.node.split(".")[0]}`;
  assert.deepEqual(legsOf("data/splits.test.ts Folds are even"), ["unit", node]);
  assert.deepEqual(
    legsOf("models/x.ts deberta-v2-convolution against PyTorch, on onnxruntime > a", "onnxruntime"),
    ["parity deberta-v2", node],
  );
  assert.deepEqual(legsOf("x.ts xlm-roberta against PyTorch, on webgpu", "webgpu"), [
    "parity xlm-roberta",
    "WebGPU",
    node,
  ]);
  assert.deepEqual(
    legsOf("x.ts resnet18 against timm, on onnxruntime > gives logits in bf16", "onnxruntime"),
    ["parity resnet", "half precision", node],
  );
  assert.deepEqual(
    legsOf("models/autocast.test.ts autocast and torch.autocast, on onnxruntime > x", "onnxruntime"),
    ["half precision", "Python round trip", node],
  );
  for (const file of ["browser", "hostile"])
    assert.deepEqual(legsOf(`notebooks/${file}.test.ts A page`), ["Jupyter", "browser", node]);
});

test("The files whose tests took longest are told with their seconds, groups' tests not counted twice", () => {
  const tally = new Tally(legs, "/test");
  const tell = (file: string, name: string, nesting: number, duration_ms: number) => {
    const event = { name, nesting, file: `/test/${file}`, details: { duration_ms } };
    tally.started(event);
    tally.ended(event, true);
  };
  tell("a.test.ts", "one", 0, 1_400);
  tell("b/b.test.ts", "within a group", 1, 9_000);
  tell("b/b.test.ts", "a group", 0, 9_400);
  tell("c.test.ts", "two", 0, 3_000);
  tell("a.test.ts", "three", 0, 2_000);
  assert.equal(tally.longest(2), "b/b.test.ts 9 s, a.test.ts 3 s");
});
