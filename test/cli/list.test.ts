import assert from "node:assert/strict";
import { test } from "node:test";
import { frostkit } from "./frostkit";
import { tinyModel } from "./tinyModel";

const model = tinyModel("model");
const list = (...args: string[]) => frostkit("list", "--model", model, ...args);

test("list prints every parameter in checkpoint order and their sum", async () => {
  const { code, stdout, stderr } = await list();
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 1 + 57 + 1);
  assert.match(lines[0], /^name +shape +size +requiresGrad$/);
  assert.match(lines[1], /^bert\.embeddings\.word_embeddings\.weight +\[120, 32\] +3,840 +true$/);
  assert.match(
    lines.at(-1)!,
    /^trainable 3\d,\d{3} \(100\.0 %, 57 tensors\) \/ frozen 0 .* \/ total 3\d,\d{3}$/,
  );
});

test("--match shows the names it matches, --freeze and --freeze-where what they would freeze", async () => {
  const { stdout } = await list(
    "--match",
    "*.attention.self.query.*",
    "--freeze",
    "1",
    "--freeze-where",
    "layer.2.",
  );
  const flags = stdout
    .split("\n")
    .filter((line) => line.startsWith("bert."))
    .map((line) => [/layer\.\d/.exec(line)![0], /(true|false)$/.exec(line)![0]]);
  assert.deepEqual(flags, [
    ["layer.0", "false"],
    ["layer.0", "false"],
    ["layer.1", "true"],
    ["layer.1", "true"],
    ["layer.2", "false"],
    ["layer.2", "false"],
  ]);
});

test("--json prints one parameter a line, and nothing else on stdout", async () => {
  const { stdout } = await list("--json", "--match", "pooler", "--freeze-where", "*.bias");
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { name: "bert.pooler.dense.weight", shape: [32, 32], size: 1024, requiresGrad: true },
      { name: "bert.pooler.dense.bias", shape: [32], size: 32, requiresGrad: false },
    ],
  );
});

test("--freeze none and --freeze -1 freeze nothing, as N = none of a sweep does", async () => {
  const plain = await list();
  for (const n of ["none", "-1"]) assert.deepEqual(await list("--freeze", n), plain);
  assert.match(
    (await list("--freeze", "all")).stderr,
    /argument 'all' is invalid\. Expected how many blocks to freeze, as 3, or none; see/,
  );
});

test("What matches nothing, is too deep or is no model is bad input", async () => {
  const refuses = async (ended: ReturnType<typeof frostkit>, line: RegExp) => {
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^frostkit list: [^\n]+\n$/);
    assert.match(stderr, line);
  };
  await refuses(list("--match", "layer.0.atention"), /no parameter matches "layer\.0\.atention"; close: /);
  await refuses(
    list("--freeze", "4"),
    /list: --freeze: expected a whole number from 0 \(embeddings only\) to 3/,
  );
  await refuses(frostkit("list", "--model", "no/such/folder"), /no\/such\/folder: there is no such folder/);
});
