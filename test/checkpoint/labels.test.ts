import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { storedLabels } from "../../src/checkpoint/storedLabels";
import { useEngine } from "../../src/engine/useEngine";
import type { Classifier } from "../../src/models/Classifier";
import { FAMILIES } from "../../src/models/families";
import { evaluate } from "../../src/training/evaluate";
import { fineTune } from "../../src/training/fineTune";
import { fixture } from "../models/againstPyTorch";
import { variant } from "../models/variant";
import { toyRows } from "../training/toyData";
import { makeFolder } from "./madeByHand";

const named = (names: readonly unknown[]) => ({
  id2label: Object.fromEntries(names.map((name, i) => [i, name])),
  label2id: Object.fromEntries(names.map((name, i) => [name, i])),
});
const own = ["bad", "mixed", "good"];
const rows = { inputIds: [[2, 17, 42, 99, 3]] };
const image = join(__dirname, "../fixtures/models/resnet18-narrow");

/** The logits of one row by the names of the classes. */
async function byName(
  model: Classifier & { forward(rows: never): { logits: { data(): Promise<unknown>; dispose(): void } } },
  input: unknown,
) {
  const { logits } = model.forward(input as never);
  const values = (await logits.data()) as Float32Array;
  logits.dispose();
  return Object.fromEntries(model.classes.map((name, i) => [name, values[i]]));
}

describe("Class names of a trained head", () => {
  before(async () => {
    await useEngine("cpu");
  });

  for (const { modelType } of FAMILIES)
    it(`${modelType}: in another order take their rows along, so that each name keeps its logit`, async () => {
      const folder = variant(modelType, named(own));
      const model = await Auto.fromPretrained(folder, { log: assert.fail });
      const expected = await byName(model, rows);
      for (const classes of [["good", "bad", "mixed"], ["mixed", "bad", "good"], [...own].reverse()]) {
        const other = await Auto.fromPretrained(folder, { classes, log: assert.fail });
        assert.deepEqual(other.classes, classes);
        assert.deepEqual(await byName(other, rows), expected);
        const saved = join(makeFolder(), "saved");
        await other.savePretrained(saved);
        const again = await Auto.fromPretrained(saved, { log: assert.fail });
        assert.deepEqual(again.classes, classes);
        assert.deepEqual(await byName(again, rows), expected);
        for (const each of [other, again]) each.dispose();
      }
      model.dispose();
    });

  it("keep their logits behind a pooling head and in an image model", async () => {
    const folder = variant("bert", named(own));
    const model = await Auto.fromPretrained(folder, {
      head: { pooling: "attention", lastLayers: 2 },
      log: () => {},
    });
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const turned = await Auto.fromPretrained(saved, { classes: [...own].reverse(), log: assert.fail });
    assert.deepEqual(await byName(turned, rows), await byName(model, rows));

    const images = await AutoModelForImageClassification.fromPretrained(image, { log: assert.fail });
    const kept = join(makeFolder(), "images");
    await images.savePretrained(kept);
    const config = JSON.parse(readFileSync(join(kept, "config.json"), "utf8"));
    const names = images.classes.map((_, i) => `class ${i}`);
    writeFileSync(join(kept, "config.json"), JSON.stringify({ ...config, label_names: names }));
    const [one, other] = [
      await AutoModelForImageClassification.fromPretrained(kept, { log: assert.fail }),
      await AutoModelForImageClassification.fromPretrained(kept, {
        classes: [...names].reverse(),
        log: assert.fail,
      }),
    ];
    const pixels = [
      [0, 1, 2].map((c) =>
        Array.from({ length: 40 }, (_, y) => Array.from({ length: 40 }, (_, x) => Math.sin(c + x * y))),
      ),
    ];
    assert.deepEqual(await byName(other, pixels), await byName(one, pixels));
    for (const each of [model, turned, images, one, other]) each.dispose();
  });

  it("that are new are told; labels that had none take any, and new heads are nobody's", async () => {
    const told = async (fields: object, classes: string[], options: object = {}) => {
      const notes: string[] = [];
      const log = (line: string) => notes.push(line);
      (await Auto.fromPretrained(variant("bert", { ...fields }), { classes, log, ...options })).dispose();
      return notes;
    };
    assert.deepEqual(await told(named(own), ["red", "green", "blue"]), [
      "the head was trained for bad, mixed, good; these labels are now called red, green, blue",
    ]);
    assert.deepEqual(await told(named(["LABEL_0", "LABEL_1", "LABEL_2"]), own), []);
    assert.deepEqual(await told(named(own), ["bad", "so-so", "good"]), [
      "the head was trained for bad, mixed, good; these labels are now called bad, so-so, good",
    ]);
    assert.deepEqual(await told(named(own), own), []);
    const fresh = await told(named(own), ["good", "bad"], { ignoreMismatchedSizes: true });
    assert.deepEqual(fresh, [
      "newly initialised: classifier.weight, classifier.bias",
      "not used from the checkpoint: classifier.bias, classifier.weight",
    ]);
  });

  it("of which some stand in another's place are refused, and an order that a head of one's own cannot follow", async () => {
    await assert.rejects(
      Auto.fromPretrained(variant("bert", named(own)), { classes: ["good", "bad", "new"] }),
      {
        name: "InputError",
        message:
          /^classes: the head of .* was trained for bad, mixed, good, got good, bad, new, where good stands in another's place; expected these names in that order, or ignoreMismatchedSizes \(--ignore-mismatched-sizes\), which draws the head anew$/,
      },
    );
    const lines: string[] = [];
    const anew = await Auto.fromPretrained(variant("bert", named(own)), {
      classes: ["good", "bad", "new"],
      ignoreMismatchedSizes: true,
      log: (line) => lines.push(line),
    });
    assert.ok(
      lines.includes("the head was trained for bad, mixed, good; for good, bad, new it is drawn anew"),
    );
    assert.deepEqual([...anew.newlyInitialized].sort(), ["classifier.bias", "classifier.weight"]);
    assert.deepEqual([...(await anew.parameter("classifier.bias").data())], [0, 0, 0]);
    anew.dispose();
    const head = {
      parameters: () => ({ weight: [3, 3] }),
      forward: () => {
        throw new Error("not run");
      },
    };
    const model = await Auto.fromPretrained(variant("bert", named(own)), { head, log: () => {} });
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    await assert.rejects(Auto.fromPretrained(saved, { head, classes: ["good", "bad", "mixed"] }), {
      name: "InputError",
      message: /where good stands in another's place; expected that order, or ignoreMismatchedSizes/,
    });
    model.dispose();
  });

  it("are held against those of the rows by name, in evaluate and in fineTune", async () => {
    const model = await Auto.fromPretrained(variant("bert", named(own)), { log: assert.fail });
    const data = toyRows(6);
    const labels = (classes: string[]) => ({
      ...data,
      labels: { ...data.labels!, classes } as NonNullable<typeof data.labels>,
    });
    const wrong =
      /the model's class 0 is "bad", the data's "good" \(good, bad, mixed\); load the model with classes: \[…\] of the data, in their order$/;
    await assert.rejects(evaluate(model, labels(["good", "bad", "mixed"])), wrong);
    await assert.rejects(async () => {
      await fineTune(model, { train: labels(["good", "bad", "mixed"]) }, { epochs: 1 });
    }, wrong);
    await assert.rejects(async () => {
      await fineTune(model, { train: labels(own), valid: labels(["good", "bad", "mixed"]) }, { epochs: 1 });
    }, wrong);
    assert.ok((await evaluate(model, labels(own))).loss > 0);
    const unnamed = await Auto.fromPretrained(fixture("bert").folder, { log: assert.fail });
    assert.ok((await evaluate(unnamed, labels(["good", "bad", "mixed"]))).loss > 0);
    for (const each of [model, unnamed]) each.dispose();
  });
});

describe("id2label", () => {
  it("of numbers and truth values becomes texts, as Python asks for texts", async () => {
    const model = await Auto.fromPretrained(
      variant("bert", { id2label: { 0: 0, 1: 1, 2: 2 }, label2id: { 0: 0, 1: 1, 2: 2 } }),
      { log: assert.fail },
    );
    assert.deepEqual(model.classes, ["0", "1", "2"]);
    const saved = join(makeFolder(), "saved");
    await model.savePretrained(saved);
    const { id2label, label2id } = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
    assert.deepEqual(id2label, { 0: "0", 1: "1", 2: "2" });
    assert.deepEqual(label2id, { 0: 0, 1: 1, 2: 2 });
    (await Auto.fromPretrained(saved, { classes: ["0", "1", "2"], log: assert.fail })).dispose();
    model.dispose();
    assert.deepEqual(storedLabels({ 0: false, 1: true }, "id2label", "here"), ["false", "true"]);
  });

  it("may be a list, and may be left out; what names not each label is refused", () => {
    assert.deepEqual(storedLabels(["a", "b"], "id2label", "here"), ["a", "b"]);
    for (const nothing of [undefined, null, {}, []])
      assert.equal(storedLabels(nothing, "id2label", "here"), undefined);
    const wrong = (given: unknown, message: string) =>
      assert.throws(() => storedLabels(given, "id2label", "here"), { name: "InputError", message });
    wrong({ 1: "a", 2: "b" }, 'here: expected labels 0 to 1 in id2label, got "1, 2"');
    wrong({ 0: "a", 1: ["b"] }, 'here: expected a text as label 1 in id2label, got ["b"]');
    wrong({ 0: "a", 1: null }, "here: expected a text as label 1 in id2label, got null");
    wrong("a, b", 'here: expected a name for each label in id2label, got "a, b"');
  });
});

describe("A problem type", () => {
  it("of one class are refused, asked for or stored", async () => {
    const one = /problem_?[tT]ype: expected at least 2 classes for single_label_classification, got 1; /;
    const load = (fields: object, options: object = {}) =>
      Auto.fromPretrained(variant("bert", { ...fields }), {
        log: () => {},
        ignoreMismatchedSizes: true,
        ...options,
      });
    await assert.rejects(load({}, { numLabels: 1, problemType: "single_label_classification" }), one);
    await assert.rejects(load({ ...named(["a"]), problem_type: "single_label_classification" }), one);
    await assert.rejects(
      AutoModelForImageClassification.fromConfig({ architecture: "resnet18", num_classes: 1 }),
      one,
    );
  });

  it("of several targets are a regression where that is asked for or stored, and stay one when saved", async () => {
    const classes = ["cohesion", "syntax", "phrases"];
    const asked = await Auto.fromPretrained(variant("bert", {}), {
      ...{ classes, problemType: "regression", ignoreMismatchedSizes: true },
      log: () => {},
    });
    const saved = join(makeFolder(), "saved");
    await asked.savePretrained(saved);
    asked.dispose();
    const { id2label, problem_type } = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
    assert.deepEqual(id2label, { 0: "cohesion", 1: "syntax", 2: "phrases" });
    assert.equal(problem_type, "regression");
    const stored = await Auto.fromPretrained(saved, { log: assert.fail });
    assert.deepEqual([stored.problemType, stored.classes], ["regression", classes]);
    stored.dispose();
  });

  it("that is stored says nothing of a head with another number of labels", async () => {
    const folder = variant("bert", { ...named(["score"]), problem_type: "regression" });
    const model = await Auto.fromPretrained(folder, { numLabels: 3, log: () => {} });
    assert.equal(model.problemType, "single_label_classification");
    model.dispose();
  });
});

describe("The type of weights in config.json", () => {
  it("is the one that is written, and stands there once", async () => {
    for (const [fields, word] of [
      [{ torch_dtype: "float16", dtype: undefined }, "torch_dtype"],
      [{ torch_dtype: "float16", dtype: "bfloat16" }, "dtype"],
      [{ dtype: "float16" }, "dtype"],
      [{ dtype: undefined }, "dtype"],
    ] as const) {
      const model = await Auto.fromPretrained(variant("bert", fields), { log: assert.fail });
      for (const dtype of ["fp32", "bf16"] as const) {
        const saved = join(makeFolder(), "saved");
        await model.savePretrained(saved, { dtype });
        const { torch_dtype, dtype: present } = JSON.parse(readFileSync(join(saved, "config.json"), "utf8"));
        const written = dtype === "fp32" ? "float32" : "bfloat16";
        assert.deepEqual(
          { torch_dtype, dtype: present },
          { torch_dtype: undefined, dtype: undefined, [word]: written },
        );
      }
      model.dispose();
    }
  });
});
