import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { inspect } from "node:util";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { freezeWhere, listParams, topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { addLora } from "../../src/recipes/addLora";
import { bitFit } from "../../src/recipes/bitFit";
import { trainNorms } from "../../src/recipes/trainNorms";
import { onEveryFastEngine } from "../onEveryEngine";

const load = (name: string) =>
  Auto.fromPretrained(join(__dirname, "../fixtures/models", name), { log: () => {} });
const trainable = (model: Classifier) =>
  listParams(model).flatMap(({ name, requiresGrad }) => (requiresGrad ? name : []));

/** What each family trains of block 0, and its head. */
const families: Record<string, { biases: string[]; norms: string[]; block: string; head: string[] }> = {
  bert: {
    block: "bert.encoder.layer.0.",
    biases: [
      ...["query", "key", "value"].map((part) => `attention.self.${part}`),
      ...["attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense"],
      "output.LayerNorm",
    ],
    norms: ["attention.output.LayerNorm", "output.LayerNorm"],
    head: ["bert.pooler.dense", "classifier"],
  },
  distilbert: {
    block: "distilbert.transformer.layer.0.",
    biases: [
      ...["q", "k", "v", "out"].map((part) => `attention.${part}_lin`),
      ...["sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm"],
    ],
    norms: ["sa_layer_norm", "output_layer_norm"],
    head: ["pre_classifier", "classifier"],
  },
  "deberta-v2": {
    block: "deberta.encoder.layer.0.",
    biases: [
      ...["query_proj", "key_proj", "value_proj"].map((part) => `attention.self.${part}`),
      ...["attention.output.dense", "attention.output.LayerNorm", "intermediate.dense", "output.dense"],
      "output.LayerNorm",
    ],
    norms: ["attention.output.LayerNorm", "output.LayerNorm"],
    head: ["pooler.dense", "classifier"],
  },
};

onEveryFastEngine("recipes of flags", () => {
  for (const [family, { block, biases, norms, head }] of Object.entries(families)) {
    const wholeHead = head.flatMap((part) => [`${part}.weight`, `${part}.bias`]).sort();

    it(`bitFit trains the biases and the head and nothing else: ${family}`, async () => {
      const model = await load(family);
      const frozen = bitFit(model);
      const names = trainable(model);
      assert.match(inspect(frozen), RegExp(`^frozen: ${frozen.length} of .*$`), "a line, not all names");
      assert.deepEqual(
        names.filter((name) => name.startsWith(block)).sort(),
        biases.map((part) => `${block}${part}.bias`).sort(),
      );
      assert.deepEqual(
        names.filter((name) => !name.endsWith(".bias") || wholeHead.includes(name)).sort(),
        wholeHead,
      );
      assert.deepEqual(
        [...names, ...frozen].sort(),
        model
          .namedParameters()
          .map(([name]) => name)
          .sort(),
      );
      model.dispose();
    });

    it(`trainNorms trains the norms and the head and nothing else: ${family}`, async () => {
      const model = await load(family);
      trainNorms(model);
      const names = trainable(model);
      assert.deepEqual(
        names.filter((name) => name.startsWith(block)).sort(),
        norms.flatMap((part) => [`${block}${part}.weight`, `${block}${part}.bias`]).sort(),
      );
      for (const name of names) assert.ok(wholeHead.includes(name) || /norm/i.test(name), name);
      assert.ok(wholeHead.every((name) => names.includes(name)));
      assert.ok(names.some((name) => name.includes(".embeddings.LayerNorm.")));
      model.dispose();
    });
  }

  it("set the flags that they name, whatever stood before", async () => {
    const before: [string, (model: SequenceClassifier) => void][] = [
      ["nothing", () => {}],
      ["topNLayerFreeze", (model) => topNLayerFreeze(model, 2)],
      ["freezeWhere on all", (model) => freezeWhere(model, () => true)],
      ["freezeWhere on the head", (model) => freezeWhere(model, "classifier")],
      ["trainNorms", trainNorms],
      ["bitFit", bitFit],
    ];
    const recipes: [string, (model: SequenceClassifier) => string[]][] = [
      ["bitFit", bitFit],
      ["trainNorms", trainNorms],
      ["addLora", (model) => addLora(model, { rank: 2 })],
    ];
    for (const [name, recipe] of recipes) {
      const outcomes = [];
      for (const [, prepare] of before) {
        const model = await load("bert");
        prepare(model);
        const returned = recipe(model);
        const frozen = listParams(model).flatMap(({ name, requiresGrad }) => (requiresGrad ? [] : name));
        if (name !== "addLora") assert.deepEqual(returned, frozen);
        outcomes.push(trainable(model));
        model.dispose();
      }
      for (const [i, outcome] of outcomes.entries())
        assert.deepEqual(outcome, outcomes[0], `${name} after ${before[i][0]}`);
    }
  });

  it("train, of a BERT, as many numbers after topNLayerFreeze as without it", async () => {
    const counts = [];
    for (const n of [null, 0, 2]) {
      const model = await load("bert");
      if (n !== null) topNLayerFreeze(model, n);
      bitFit(model);
      counts.push(listParams(model).totals.trainable);
      model.dispose();
    }
    assert.deepEqual(counts, [counts[0], counts[0], counts[0]]);
  });

  it("say that adapters put on before learn no more", async (t) => {
    const told = t.mock.method(console, "warn", () => {});
    const model = await load("bert");
    const adapters = addLora(model);
    bitFit(model);
    assert.ok(!trainable(model).some((name) => adapters.includes(name)));
    assert.match(
      String(told.mock.calls[0].arguments[0]),
      new RegExp(
        `^frostkit: LoRA's ${adapters.length} adapter weights are frozen with the rest, .*removeLora`,
      ),
    );
    model.dispose();
  });

  it("know a ResNet's batch norms and its biases, which are theirs; LoRA has no layer there to go on", async () => {
    const model = await AutoModelForImageClassification.fromPretrained(
      join(__dirname, "../fixtures/models/resnet18-narrow"),
      { log: () => {} },
    );
    const of = (part: string) => trainable(model).filter((name) => name.startsWith(part));
    assert.throws(() => addLora(model), {
      name: "InputError",
      message: /^LoRA goes on query and value layers of their own, which resnet18 has not; try bitFit/,
    });
    assert.equal(trainable(model).length, model.namedParameters().length); // refused before any flag changed
    const norms = ["bn1", "bn2", "downsample.1"].map((norm) => `layer2.0.${norm}`);
    trainNorms(model);
    assert.deepEqual(
      of("layer2.0.").sort(),
      norms.flatMap((norm) => [`${norm}.bias`, `${norm}.weight`]),
    );
    assert.deepEqual(of("conv1").concat(of("bn1"), of("fc")), [
      ...["bn1.weight", "bn1.bias"],
      ...["fc.weight", "fc.bias"],
    ]);
    bitFit(model);
    assert.deepEqual(
      of("layer2.0.").sort(),
      norms.map((norm) => `${norm}.bias`),
    );
    model.dispose();
  });

  it("know ModernBERT's norms, and that it has no biases to train", async () => {
    const model = await load("modernbert");
    assert.throws(() => bitFit(model), /expected biases below the head, got a modernbert that has none/);
    trainNorms(model);
    assert.deepEqual(
      trainable(model).filter((name) => name.startsWith("model.layers.1.")),
      ["model.layers.1.attn_norm.weight", "model.layers.1.mlp_norm.weight"],
    );
    model.dispose();
  });
});
