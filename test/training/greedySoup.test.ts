// The greedy soup: means of the weights of saved models, as long as they help.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { addLora, removeLora } from "../../src/recipes/addLora";
import type { MetricChoice } from "../../src/training/CustomMetric";
import { evaluate } from "../../src/training/evaluate";
import { fineTune } from "../../src/training/fineTune";
import { greedySoup } from "../../src/training/greedySoup";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { noiseImages } from "./noiseImages";
import { loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const [train, valid] = [toyRows(32), toyRows(48, "valid")];
const log = () => {};

type Weights = Map<string, Float32Array>;

const weightsIn = (folder: string): Weights => {
  const checkpoint = openCheckpoint(folder);
  const weights = new Map([...checkpoint.tensors.keys()].map((name) => [name, checkpoint.readFloat32(name)]));
  checkpoint.close();
  return weights;
};

async function weightsOf(model: Classifier): Promise<Weights> {
  const weights: Weights = new Map();
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    weights.set(name, (await parameter.data()).slice());
  return weights;
}

/** The mean of several weights, computed in float64. */
const meanOf = ([first, ...others]: Weights[]): Weights =>
  new Map(
    [...first].map(([name, values]) => [
      name,
      values.map(
        (value, i) => others.reduce((sum, each) => sum + each.get(name)![i], value) / (others.length + 1),
      ),
    ]),
  );

/** Lets a model hold given weights. */
function hold(model: Classifier, weights: Weights): void {
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    parameter.assign(tf.tensor(weights.get(name)!, parameter.shape));
}

let root = "";
before(() => {
  root = mkdtempSync(join(tmpdir(), "frostkit-soup-"));
});
after(() => rmSync(root, { recursive: true }));

/** Trained above a frozen block by several seeds and rates, and saved. */
async function saved(engine: string): Promise<string[]> {
  const folders: string[] = [];
  const withDropout = tinyWithDropout();
  for (const [seed, learningRate] of [
    [1, 3e-3],
    [2, 1e-4],
    [3, 2e-3],
    [4, 1e-1],
  ]) {
    const model = await loadTiny(withDropout);
    topNLayerFreeze(model, 1);
    await fineTune(model, { train }, { epochs: 3, batchSize: 8, learningRate, seed, log });
    const folder = join(root, `${engine}-${seed}`);
    await model.savePretrained(folder);
    model.dispose();
    folders.push(folder);
  }
  return folders;
}

/** The recipe as the paper has it, by means of the weights of all that were kept. */
async function recipe(
  folders: string[],
  metric: "loss" | "f1",
): Promise<{ kept: string[]; score: number; weights: Weights }> {
  const model = await loadTiny();
  const score = async (weights: Weights) => {
    hold(model, weights);
    const { loss, metrics } = await evaluate(model, valid);
    return metric === "loss" ? -loss : metrics.f1;
  };
  const alone = new Map<string, number>();
  for (const folder of folders) alone.set(folder, await score(weightsIn(folder)));
  const order = folders.toSorted((a, b) => alone.get(b)! - alone.get(a)!);
  let kept = [order[0]];
  let best = alone.get(order[0])!;
  for (const folder of order.slice(1)) {
    const reached = await score(meanOf([...kept, folder].map(weightsIn)));
    if (reached < best) continue;
    best = reached;
    kept = [...kept, folder];
  }
  model.dispose();
  return { kept, score: metric === "loss" ? -best : best, weights: meanOf(kept.map(weightsIn)) };
}

onEveryFastEngine("greedySoup", (engine) => {
  let folders: string[] = [];
  before(async () => {
    folders = await saved(engine);
  });

  for (const metric of ["loss", "f1"] as const)
    it(`keeps what the recipe of Wortsman et al. keeps, and ends with the mean of it: by ${metric}`, async () => {
      const expected = await recipe(folders, metric);
      assert.ok(expected.kept.length < folders.length, "one is left out, so that it matters");
      const tensors = tf.memory().numTensors;
      const model = await loadTiny();
      const soup = await greedySoup(model, folders, valid, { metric });
      assert.deepEqual(soup.kept, expected.kept);
      assert.ok(Math.abs(soup.score - expected.score) < 1e-5);
      const weights = await weightsOf(model);
      for (const [name, values] of expected.weights) assertClose(weights.get(name)!, values, 1e-6, name);
      // The frozen block, which all have alike, is so to the bit.
      const name = "bert.encoder.layer.0.output.dense.weight";
      assert.deepEqual(weights.get(name), weightsIn(tinyBert).get(name));

      const { loss, metrics } = await evaluate(model, valid);
      assert.equal(metric === "loss" ? loss : metrics.f1, soup.score);
      assert.equal(soup.metric, metric);
      assert.deepEqual(soup.ingredients.map(({ folder }) => folder).sort(), folders.toSorted());
      const sign = metric === "loss" ? -1 : 1;
      const alone = soup.ingredients.map(({ score }) => sign * score);
      assert.deepEqual(
        alone,
        alone.toSorted((a, b) => b - a),
      );
      assert.equal(soup.ingredients[0].soupScore, soup.ingredients[0].score);
      let best = alone[0];
      for (const { kept, soupScore } of soup.ingredients.slice(1)) {
        assert.equal(kept, sign * soupScore >= best);
        if (kept) best = sign * soupScore;
      }
      model.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });

  it("is no worse than its best ingredient, whatever the metric, and keeps all where all are alike", async () => {
    const model = await loadTiny();
    const same: MetricChoice = { name: "same", score: () => 0.5 };
    const all = await greedySoup(model, folders, valid, { metric: same });
    assert.deepEqual(all.kept, folders);
    for (const [name, values] of meanOf(folders.map(weightsIn)))
      assertClose((await weightsOf(model)).get(name)!, values, 1e-6, name);
    // A model that is the only one is the soup, to the bit.
    const one = await greedySoup(model, folders.slice(1, 2), valid);
    assert.equal(one.metric, "accuracy");
    assert.equal(one.score, one.ingredients[0].score);
    const weights = weightsIn(folders[1]);
    assert.deepEqual(
      await weightsOf(model),
      new Map([...(await weightsOf(model)).keys()].map((name) => [name, weights.get(name)!])),
    );
    const { metrics } = await evaluate(model, valid);
    assert.equal(metrics.accuracy, one.score);
    model.dispose();
  });

  it("saves what Python and the kit read", async () => {
    const model = await loadTiny();
    const { score } = await greedySoup(model, folders, valid, { metric: "loss" });
    const folder = join(root, `${engine}-soup`);
    await model.savePretrained(folder);
    model.dispose();
    const again = await loadTiny(folder);
    assert.equal((await evaluate(again, valid)).loss, score);
    again.dispose();
  });

  it("averages a ResNet's running statistics, and leaves the count of its batches whole", async () => {
    const load = () =>
      AutoModelForImageClassification.fromPretrained(join(__dirname, "../fixtures/models/resnet18-narrow"), {
        classes: ["no", "yes"],
        log,
      });
    const images = noiseImages(8, 32);
    const made: string[] = [];
    for (const count of [2, 5]) {
      const model = await load();
      for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
        parameter.assign(tf.fill(parameter.shape, name.endsWith("tracked") ? count : count / 100));
      made.push(join(root, `${engine}-resnet-${count}`));
      await model.savePretrained(made.at(-1)!);
      model.dispose();
    }
    const model = await load();
    const metric: MetricChoice = { name: "same", score: () => 0 };
    const { kept } = await greedySoup(model, made, images, { metric });
    assert.deepEqual(kept, made);
    const weights = await weightsOf(model);
    for (const [name, values] of meanOf(made.map(weightsIn)))
      if (name.endsWith("num_batches_tracked")) assert.equal(weights.get(name)![0], 2, name);
      else assertClose(weights.get(name)!, values, 1e-5, name);
    await model.savePretrained(join(root, `${engine}-resnet-soup`));
    model.dispose();
  });

  it("refuses what is no model of this kind in one line, and leaves the model as it was", async () => {
    const model = await loadTiny();
    const weights = await weightsOf(model);
    const refused = (given: string[], message: RegExp) =>
      assert.rejects(
        () => greedySoup(model, given, valid),
        ({ name, message: said }: Error) => {
          assert.equal(name, "InputError");
          assert.match(said, message);
          assert.doesNotMatch(said, /\n/);
          return true;
        },
      );
    const other = (name: string, change: (config: Record<string, unknown>) => void) => {
      const folder = join(root, `${engine}-${name}`);
      cpSync(folders[0], folder, { recursive: true });
      const path = join(folder, "config.json");
      const config = JSON.parse(readFileSync(path, "utf8"));
      change(config);
      writeFileSync(path, JSON.stringify(config));
      return folder;
    };
    await refused([], /^greedySoup: folders: expected a list of models' folders, got \[\]$/);
    await refused([folders[0], folders[0]], /^folders: expected each once, got .*-1 twice$/);
    await refused([join(root, "nowhere")], /nowhere/);
    await refused(
      [
        folders[0],
        other("roberta", (config) => {
          config.model_type = "roberta";
        }),
      ],
      /-roberta: expected a model as the one given, of type bert, got roberta$/,
    );
    await refused(
      [
        other("swapped", (config) => {
          config.id2label = { 0: "even", 1: "odd" };
        }),
      ],
      /-swapped: expected a model as the one given, of the classes odd, even, got even, odd$/,
    );
    const three = await loadTiny(tinyBert, { classes: ["odd", "even", "none"] });
    await three.savePretrained(join(root, `${engine}-three`));
    three.dispose();
    await refused(
      [folders[0], join(root, `${engine}-three`)],
      /-three: expected a model as the one given, with classifier\.weight \[2,32\], got one of shape \[3,32\]$/,
    );
    await refused(
      [join(__dirname, "../fixtures/models/distilbert")],
      /distilbert: expected a model as the one given, of type bert, got distilbert$/,
    );
    await assert.rejects(
      () => greedySoup(model, folders, valid, { metric: "rmse" }),
      /^InputError: metric: expected one of loss, /,
    );
    await assert.rejects(
      () => greedySoup(model, folders, { ...valid, labels: null } as never),
      /^InputError: valid/,
    );
    addLora(model);
    await refused(folders, /^greedySoup: expected a model without adapters/);
    removeLora(model);
    let looks = 0;
    const metric: MetricChoice = { name: "failing", score: () => (++looks > 2 ? assert.fail("no more") : 1) };
    const tensors = tf.memory().numTensors;
    await assert.rejects(() => greedySoup(model, folders, valid, { metric }), /no more/);
    assert.equal(tf.memory().numTensors, tensors);
    assert.deepEqual(await weightsOf(model), weights);
    model.dispose();
  });
});
