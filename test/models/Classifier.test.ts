import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere, topNLayerFreeze, unfreezeWhere } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { fineTune } from "../../src/training/fineTune";
import { onEveryFastEngine } from "../onEveryEngine";
import { toyRows } from "../training/toyData";

const fixtures = join(__dirname, "../fixtures/models");
const load = (options: object = {}) =>
  AutoModelForSequenceClassification.fromPretrained(join(fixtures, "bert"), {
    classes: ["odd", "even"],
    ignoreMismatchedSizes: true,
    log: () => {},
    ...options,
  });

onEveryFastEngine("A classifier", () => {
  it("says which of its weights are frozen at random values, until they are trained", async (t) => {
    const lines: string[] = [];
    t.mock.method(console, "warn", (line: string) => lines.push(line));
    const told = () => lines.splice(0);
    const random = /^frostkit: frozen at the random values that they were drawn with: (.*)$/;
    const model = await load({ reinitLayers: 1 });
    topNLayerFreeze(model, model.depth - 1);
    assert.deepEqual(told(), []);
    topNLayerFreeze(model, model.depth);
    assert.match(
      told().join(),
      new RegExp(`${random.source.replace("(.*)", "bert.encoder.layer.2.*and 1\\d more")}`),
    );
    freezeWhere(model, "classifier");
    assert.equal(random.exec(told()[0])?.[1], "classifier.weight, classifier.bias");
    unfreezeWhere(model, () => true);
    await fineTune(model, { train: toyRows(16) }, { epochs: 1, learningRate: 1e-3 });
    told();
    topNLayerFreeze(model, model.depth);
    freezeWhere(model, "classifier");
    assert.deepEqual(told(), []);
    model.reinitialize(3);
    unfreezeWhere(model, () => true);
    freezeWhere(model, "classifier");
    assert.match(told().join(), random);
    model.dispose();
  });

  it("keeps the labels that it was loaded with, since what is written to it would not be saved", async () => {
    const given = ["odd", "even"];
    const models = [
      await load({ classes: given }),
      await AutoModelForImageClassification.fromPretrained(join(fixtures, "resnet18-narrow"), {
        log: () => {},
      }),
    ];
    for (const model of models as { classes: string[]; numLabels: number; problemType: string }[]) {
      const before = [...model.classes];
      for (const [name, value] of [
        ["classes", ["a"]],
        ["numLabels", 5],
        ["problemType", "regression"],
      ] as const)
        assert.throws(() => Object.assign(model, { [name]: value }), {
          name: "InputError",
          message: `${name}: expected to stay as the model was loaded; load it again with another: fromPretrained(folder, { ${name}: … })`,
        });
      assert.throws(() => model.classes.push("a"), TypeError);
      assert.deepEqual([model.classes, model.numLabels], [before, before.length]);
    }
    given.push("neither");
    assert.deepEqual(models[0].classes, ["odd", "even"]);
    for (const model of models) model.dispose();
  });

  it("of more labels than an array holds is refused by the name of what is too large", async () => {
    await assert.rejects(load({ classes: undefined, numLabels: 1e9 }), {
      name: "InputError",
      message:
        /^classifier\.weight: expected at most 2147483647 values, got the shape \[1000000000,32\]; ask for/,
    });
  });

  it("has no flag as a whole, which in PyTorch does nothing either", async () => {
    const models: Classifier[] = [
      await load(),
      await AutoModelForImageClassification.fromPretrained(join(fixtures, "resnet18-narrow"), {
        log: () => {},
      }),
    ];
    for (const model of models) {
      for (const name of ["requiresGrad", "requires_grad", "trainable"])
        assert.throws(
          () => {
            (model as unknown as Record<string, unknown>)[name] = false;
          },
          {
            name: "InputError",
            message: `${name}: a model as a whole has no such flag; freezeWhere(model, () => true) freezes it`,
          },
        );
      model.dispose();
    }
  });
});
