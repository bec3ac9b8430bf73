import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere, type NamedParameter, topNLayerFreeze } from "../../src/freeze";
import { moduleTree } from "../../src/models/moduleTree";

/** A model of these names, each of two by three numbers, those in `frozen` frozen. */
function modelOf(names: string[], frozen: string[] = []) {
  const all = names.map((name): [string, NamedParameter] => [
    name,
    { shape: [2, 3], requiresGrad: !frozen.includes(name) },
  ]);
  return { namedParameters: () => all };
}

const bert = () =>
  AutoModelForSequenceClassification.fromPretrained(join(__dirname, "../fixtures/models/bert"), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log() {},
  });

test("Modules stand inside each other by their names, a module's own parameters on its line", () => {
  assert.equal(
    moduleTree("Model", modelOf(["a.query.weight", "a.query.bias", "scale", "head.weight"])),
    `Model (
  scale [2, 3]
  (a): (
    (query): weight [2, 3], bias [2, 3]
  )
  (head): weight [2, 3]
)
trainable 24 (100.0 %, 4 tensors) / frozen 0 (0.0 %, 0 tensors) / total 24`,
  );
});

test("Equal neighbours with numbers are told once; what is frozen says so, at the outermost module that is", () => {
  const names = ["layer.0", "layer.1", "layer.2", "layer.3"].flatMap((name) => [
    `${name}.a.weight`,
    `${name}.b.weight`,
  ]);
  const frozen = [...names.slice(0, 4), "layer.2.b.weight"];
  assert.equal(
    moduleTree("Model", modelOf(names, frozen)).split("\n").slice(0, -1).join("\n"),
    `Model (
  (layer): (
    (0-1): 2 x frozen (
      (a): weight [2, 3]
      (b): weight [2, 3]
    )
    (2): (
      (a): weight [2, 3]
      (b): frozen: weight [2, 3]
    )
    (3): (
      (a): weight [2, 3]
      (b): weight [2, 3]
    )
  )
)`,
  );
});

test("A gap between numbers parts what is alike", () => {
  const told = moduleTree("Model", modelOf(["0.w", "1.w", "3.w"]));
  assert.match(told, /\(0-1\): 2 x w \[2, 3\]\n {2}\(3\): w \[2, 3\]/);
});

test("A model on the last line of a cell prints its tree, and a freeze a line with how much of the model it is", async () => {
  const model = await bert();
  const names = topNLayerFreeze(model, 1);
  assert.equal(
    inspect(names),
    "frozen: 21 of 57 parameters, 14,560 of 32,770 numbers (44.4 %): bert.embeddings.word_embeddings.weight, … bert.encoder.layer.0.output.LayerNorm.bias",
  );
  assert.equal(JSON.parse(JSON.stringify(names)).length, 21, "it is the array of names as ever");
  const lines = inspect(model).split("\n");
  assert.equal(lines[0], "BertForSequenceClassification, 2 classes (");
  assert.ok(lines.includes("        (0): frozen ("));
  assert.ok(lines.includes("        (1-2): 2 x ("));
  assert.match(lines.at(-1)!, /^trainable .* \/ frozen 14,560 /);
  assert.ok(lines.length < 70);
  assert.equal(
    inspect(freezeWhere(model, "pooler.dense.bias")),
    "frozen: 1 of 57 parameters, 32 of 32,770 numbers (0.1 %): bert.pooler.dense.bias",
  );
  model.dispose();
});
