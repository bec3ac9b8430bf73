import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { takeRows } from "../../src/data/takeRows";
import { freezeWhere, topNLayerFreeze, unfreezeWhere } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { evaluate } from "../../src/training/evaluate";
import type { FineTuneEvent } from "../../src/training/events";
import { FrozenFeatures } from "../../src/training/FrozenFeatures";
import { fineTune } from "../../src/training/fineTune";
import type { CustomLoss } from "../../src/training/loss";
import { predict } from "../../src/training/predict";
import { distance } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { readAll } from "../readAll";
import { loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const train = toyRows(48);
const valid = toyRows(24, "valid");
const options = { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 5 };

const weights = (model: SequenceClassifier) =>
  new Map(model.namedParameters().map(([name, parameter]) => [name, parameter.value.dataSync().slice()]));

async function eventsOf(run: AsyncIterable<FineTuneEvent>): Promise<FineTuneEvent[]> {
  const events: FineTuneEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
}

const lossesOf = (events: FineTuneEvent[]) =>
  events.flatMap((event) => (event.type === "step" ? [event.loss] : []));

onEveryFastEngine("fineTune", () => {
  it("tells before it begins of rows to validate on that are trained on, and of no others", async () => {
    const model = await loadTiny();
    const told: string[] = [];
    const log = (line: string) => told.push(line);
    await fineTune(model, { train, valid: takeRows(train, [3, 1]) }, { ...options, epochs: 1, log });
    assert.deepEqual(told.splice(0), [
      "all 2 rows to validate on are the same to the model as rows to train on, the first of them row 1: scores on them say little of new rows",
    ]);
    await fineTune(model, { train, valid }, { ...options, epochs: 1, log });
    await fineTune(model, { train }, { ...options, epochs: 1, log });
    assert.deepEqual(told, []);
  });

  it("learns: the training loss falls and validation rows are told apart", async () => {
    const model = await loadTiny();
    const { epochs, epoch, stopped } = await fineTune(
      model,
      { train: toyRows(160), valid },
      { ...options, epochs: 4 },
    );
    assert.equal(stopped, "finished");
    assert.equal(epoch, 4);
    assert.ok(
      epochs[3].trainLoss < epochs[0].trainLoss - 0.1,
      `from ${epochs[0].trainLoss} to ${epochs[3].trainLoss}`,
    );
    assert.ok(epochs[3].metrics.accuracy >= 0.75, `accuracy ${epochs[3].metrics.accuracy}`);
    model.dispose();
  });

  it("tells of every step and epoch, in order, with the rate warming up and falling", async () => {
    const model = await loadTiny();
    const run = fineTune(model, { train, valid }, { ...options, warmup: 0.25 });
    const events = await eventsOf(run);
    const steps = events.flatMap((event) => (event.type === "step" ? [event] : []));
    assert.deepEqual(
      steps.map(({ step }) => step),
      Array.from({ length: 12 }, (_, i) => i + 1),
    );
    assert.deepEqual(
      steps.map(({ epoch }) => epoch),
      [1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2],
    );
    // 12 steps, 3 of them warming up
    const expected = [0, 1, 2, 3, 8 / 3, 7 / 3, 2, 5 / 3, 4 / 3, 1, 2 / 3, 1 / 3].map((x) => x * 1e-3);
    assert.ok(
      distance(
        steps.map(({ learningRate }) => learningRate),
        expected,
      ) < 1e-9,
    );
    assert.ok(steps.every(({ loss, gradNorm, secondsLeft }) => loss > 0 && gradNorm > 0 && secondsLeft >= 0));
    const { epochs } = await run;
    assert.deepEqual(
      events.flatMap((event) => (event.type === "epoch" ? [event.epoch] : [])),
      [1, 2],
    );
    assert.equal(events.at(-1)!.type, "epoch");
    assert.ok(
      epochs.every(
        ({ validLoss, trainSeconds, evalSeconds }) => validLoss! > 0 && trainSeconds > 0 && evalSeconds > 0,
      ),
    );
    model.dispose();
  });

  it("leaves frozen parameters bit for bit as they were and moves all others", async () => {
    const model = await loadTiny();
    const frozen = new Set(topNLayerFreeze(model, 2));
    const before = weights(model);
    await fineTune(model, { train }, options);
    for (const [name, values] of weights(model)) {
      if (frozen.has(name)) assert.deepEqual(values, before.get(name), name);
      else if (!name.endsWith("key.bias"))
        assert.ok(distance(values, before.get(name)!) > 0, `${name} did not move`);
    }
    model.dispose();
  });

  it("gives the same losses with the frozen part cached as with it run at every step", async () => {
    const folder = tinyWithDropout();
    for (const n of [0, 1, 3]) {
      const cached = await loadTiny(folder);
      topNLayerFreeze(cached, n);
      const events = await eventsOf(fineTune(cached, { train, valid }, options));
      assert.ok(events.some((event) => event.type === "frozen"));
      cached.dispose();

      // Without dropout in what is frozen, frozenDropout runs the very same computation, uncached.
      const uncached = await loadTiny(folder);
      topNLayerFreeze(uncached, n);
      for (const stage of uncached.stages.slice(0, n + 1))
        stage.forward = evalMode(stage.forward.bind(stage));
      const plain = await eventsOf(fineTune(uncached, { train, valid }, { ...options, frozenDropout: true }));
      assert.ok(plain.every((event) => event.type !== "frozen"));
      uncached.dispose();

      assert.ok(distance(lossesOf(events), lossesOf(plain)) < 2e-4, `n = ${n}`);
    }
  });

  it("lets dropout fire in frozen stages only with frozenDropout", async () => {
    const folder = tinyWithDropout();
    const first = async (frozenDropout: boolean) => {
      const model = await loadTiny(folder);
      topNLayerFreeze(model, 2);
      const events = await eventsOf(fineTune(model, { train }, { ...options, epochs: 1, frozenDropout }));
      model.dispose();
      return lossesOf(events);
    };
    assert.ok(distance(await first(true), await first(false)) > 1e-3);
  });

  it("computes the frozen part once, for all epochs and for runs that share the features", async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 1);
    const features = new FrozenFeatures(model);
    const frozenRows = async () => {
      const events = await eventsOf(fineTune(model, { train, valid }, { ...options, features }));
      return events.filter((event) => event.type === "frozen").length;
    };
    const once = Math.ceil(48 / 8) + Math.ceil(24 / 8);
    assert.equal(await frozenRows(), once);
    assert.equal(await frozenRows(), 0);
    topNLayerFreeze(model, 2);
    assert.equal(await frozenRows(), once);
    features.dispose();
    model.dispose();
  });

  it("gives the same numbers for the same seed, whatever ran before, and others for another", async () => {
    const folder = tinyWithDropout();
    const losses = async (seed: number) => {
      const model = await loadTiny(folder);
      const events = await eventsOf(fineTune(model, { train }, { ...options, seed }));
      model.dispose();
      return lossesOf(events);
    };
    const first = await losses(5);
    const other = await losses(6);
    assert.deepEqual(await losses(5), first);
    assert.notDeepEqual(other, first);
  });

  it("leaks no tensor, finished or stopped", async () => {
    const model = await loadTiny(tinyWithDropout());
    topNLayerFreeze(model, 1);
    readAll(model);
    const before = tf.memory().numTensors;
    await fineTune(model, { train, valid }, options);
    assert.equal(tf.memory().numTensors, before);
    for await (const event of fineTune(model, { train, valid }, { ...options, restoreBest: true }))
      if (event.type === "step" && event.step === 8) break;
    assert.equal(tf.memory().numTensors, before);
    await evaluate(model, valid);
    await predict(model, valid);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  it("accumulates gradients to the step of one large batch", async () => {
    const after = async (batchSize: number, gradientAccumulation: number) => {
      const model = await loadTiny();
      // Of one length, so that batches of any size hold the same rows in the same order.
      const rows = toyRows(48);
      const same = {
        ...rows,
        inputIds: rows.inputIds.map((ids) => Int32Array.from({ length: 8 }, (_, i) => ids[i % ids.length])),
      };
      await fineTune(
        model,
        { train: same },
        { ...options, epochs: 1, warmup: 0, batchSize, gradientAccumulation },
      );
      const result = weights(model);
      model.dispose();
      return result;
    };
    const [large, small] = [await after(48, 1), await after(16, 3)];
    // The key biases' gradients are rounding noise, which Adam blows up to full steps.
    for (const [name, values] of large)
      if (!name.endsWith("key.bias")) assert.ok(distance(values, small.get(name)!) < 1e-4, name);
  });

  it("ends between two steps when its signal is aborted, and keeps what was learned", async () => {
    const model = await loadTiny();
    const before = weights(model);
    const abort = new AbortController();
    const run = fineTune(model, { train, valid }, { ...options, signal: abort.signal });
    let steps = 0;
    for await (const event of run) if (event.type === "step" && ++steps === 8) abort.abort();
    assert.equal(steps, 8);
    const { stopped, epochs } = await run;
    assert.equal(stopped, "aborted");
    assert.equal(epochs.length, 1);
    assert.ok(distance(model.parameter("classifier.weight").value, before.get("classifier.weight")!) > 0);
    model.dispose();
  });

  it("stops at a loss that is no number, names step, rate and rows, and keeps the weights of the step before", async () => {
    const model = await loadTiny();
    await assert.rejects(
      async () => {
        for await (const event of fineTune(model, { train }, options)) {
          if (event.type !== "step" || event.step !== 2) continue;
          const bias = model.parameter("classifier.bias");
          bias.assign(tf.tensor1d([Number.NaN, 0]));
        }
      },
      {
        name: "FrostError",
        message:
          /^training stopped at step 3 of epoch 1: .*got loss NaN.*, since the parameter classifier\.bias holds NaN, at learning rate 0\.00\d+, rows \d+(, \d+){7}; try a model whose weights are finite$/,
      },
    );
    assert.ok(model.parameter("bert.pooler.dense.weight").value.dataSync().every(Number.isFinite));
    model.dispose();
  });

  it("explains that not even a row fits into memory by what to try, and frees what it held", async () => {
    const model = await loadTiny();
    readAll(model);
    const before = tf.memory().numTensors;
    const stage = model.stages[2];
    const { forward } = stage;
    stage.forward = () => {
      throw new Error("OOM when allocating tensor with shape[8,4,20,20] and type float");
    };
    const run = async () => fineTune(model, { train: { ...train, maxLength: 64 } }, options);
    await assert.rejects(run, {
      name: "FrostError",
      message:
        "the engine ran out of memory on a batch of 1 texts of up to 20 tokens: try freezing one block more",
    });
    await assert.rejects(predict(model, valid), {
      name: "FrostError",
      message: /64 texts of up to 20 tokens/,
    });
    assert.equal(tf.memory().numTensors, before);
    stage.forward = forward;
    await run();
    model.dispose();
  });

  it("takes thawing between epochs, and keeps the moments of what stays", async () => {
    const model = await loadTiny();
    topNLayerFreeze(model, 3);
    const before = weights(model);
    const moved = (name: string) => distance(model.parameter(name).value, before.get(name)!) > 0;
    const [low, high] = [
      "bert.encoder.layer.0.output.dense.weight",
      "bert.encoder.layer.2.output.dense.weight",
    ];
    for await (const event of fineTune(model, { train }, { ...options, epochs: 3, schedule: "constant" })) {
      if (event.type !== "epoch") continue;
      assert.equal(moved(high), event.epoch > 1);
      assert.equal(moved(low), false);
      if (event.epoch === 1) unfreezeWhere(model, "encoder.layer.2.");
      if (event.epoch === 2) freezeWhere(model, "classifier.");
    }
    model.dispose();
  });

  it("stops early, and ends with the weights of the best epoch", async () => {
    const model = await loadTiny();
    const seen: ReturnType<typeof weights>[] = [];
    const run = fineTune(
      model,
      { train, valid },
      { ...options, epochs: 20, learningRate: 0.05, schedule: "constant", earlyStopping: 2, metric: "loss" },
    );
    for await (const event of run) if (event.type === "epoch") seen.push(weights(model));
    const { epochs, epoch, stopped } = await run;
    const losses = epochs.map(({ validLoss }) => validLoss!);
    assert.equal(stopped, "early");
    assert.equal(epoch, losses.indexOf(Math.min(...losses)) + 1);
    assert.equal(epochs.length, epoch + 2);
    assert.deepEqual(weights(model), seen[epoch - 1]);
    model.dispose();
  });

  it("evaluates as it predicts, and as the last epoch's record says", async () => {
    const model = await loadTiny();
    const { epochs } = await fineTune(model, { train, valid }, options);
    const { loss, metrics } = await evaluate(model, valid);
    assert.ok(Math.abs(loss - epochs[1].validLoss!) < 1e-5);
    assert.deepEqual(metrics.accuracy, epochs[1].metrics.accuracy);
    const { labels, probabilities } = await predict(model, valid);
    const right = labels.filter(
      (label, row) => label === ["odd", "even"][(valid.labels as { ids: Int32Array }).ids[row]],
    );
    assert.equal(right.length / labels.length, metrics.accuracy);
    for (let row = 0; row < labels.length; row++)
      assert.ok(Math.abs(probabilities[2 * row] + probabilities[2 * row + 1] - 1) < 1e-6);
    model.dispose();
  });

  it("says in one line what does not fit", async () => {
    const model = await loadTiny();
    const throws = (run: () => unknown, message: RegExp) =>
      assert.throws(run, { name: "InputError", message });
    throws(() => fineTune(model, { train: { ...train, labels: null } }), /^train: expected rows with labels/);
    throws(
      () => fineTune(model, { train }, { epochs: 0 }),
      /^epochs: expected an integer of at least 1, got 0/,
    );
    throws(
      () => fineTune(model, { train }, { learningRate: Number.NaN }),
      /^learningRate: expected a number/,
    );
    throws(() => fineTune(model, { train }, { earlyStopping: 2 }), /pass data\.valid/);
    throws(() => fineTune(model, { train }, { classWeights: [1] }), /^classWeights: expected 2 weights/);
    const three = { ...train.labels!, classes: ["a", "b", "c"] } as typeof train.labels;
    throws(
      () => fineTune(model, { train: { ...train, labels: three } }),
      /the model has 2 labels, the data 3/,
    );
    const long = { ...train, inputIds: [...train.inputIds.slice(1), new Int32Array(65).fill(7)] };
    throws(() => fineTune(model, { train: long }), /^train: .*at most 64 tokens a text, row 47 has 65/);
    const strange = { ...train, inputIds: [Int32Array.of(2, 500, 3), ...train.inputIds.slice(1)] };
    throws(() => fineTune(model, { train: strange }), /^train: .*knows token ids below 120, row 0 has 500/);
    const none = { betas: [0.9] as never, metric: "accurracy" };
    throws(
      () => fineTune(model, { train }, { betas: none.betas }),
      /^betas: expected a list of 2, got \[0.9\]$/,
    );
    throws(() => fineTune(model, { train }, { betas: [0.9, 1] }), /^betas\[1\]: expected .* below 1, got 1$/);
    throws(() => fineTune(model, { train }, { eps: 0 }), /^eps: expected a number above 0, got 0$/);
    throws(
      () => fineTune(model, { train }, { classWeights: [0, 0] }),
      /^classWeights: expected a weight above 0 for at least one class, got 0 for all$/,
    );
    throws(
      () => fineTune(model, { train }, { metric: none.metric }),
      /^metric: expected one of loss, accuracy, f1, mcc, rocAuc, logLoss, macroF1, .*got "accurracy"$/,
    );
    const cut = { ...train, inputIds: train.inputIds.slice(0, 5) };
    throws(() => fineTune(model, { train: cut }), /^train: expected 5 labels for 5 rows, got 48; takeRows/);
    const labelled = (ids: number[]) => ({
      ...cut,
      labels: { ...train.labels!, ids: Int32Array.from(ids) } as typeof train.labels,
    });
    throws(
      () => fineTune(model, { train, valid: labelled([0, 1, 2, 0, 1]) }),
      /^valid: row 2: expected a class from 0 to 1 as its label, got 2$/,
    );
    throws(
      () => fineTune(model, { train: { ...train, tokenTypeIds: train.inputIds.slice(1) } }),
      /^train: row \d+: expected \d+ token types, one a token, got/,
    );
    freezeWhere(model, () => true);
    await assert.rejects(async () => fineTune(model, { train }), { message: /^every parameter is frozen/ });
    model.dispose();
  });

  it("refuses a step that is made up of rows of no weight, before the first one", async () => {
    const model = await loadTiny();
    const weights = { classWeights: [0, 1], epochs: 4 };
    assert.throws(() => fineTune(model, { train }, { ...weights, batchSize: 2 }), {
      name: "InputError",
      message:
        /^classWeights: expected rows of weight above 0 in every step, got one of rows \d+, \d+ in epoch 1, all of class odd, which weighs 0; leave/,
    });
    const { epochs } = await fineTune(model, { train }, { ...weights, batchSize: 24 });
    assert.ok(epochs.every(({ trainLoss }) => trainLoss > 0 && trainLoss < 2));
    model.dispose();
  });

  it("names what a loss comes from that is no number: a weight, a stage, a label", async () => {
    const model = await loadTiny();
    const stopped = (message: RegExp) =>
      assert.rejects(async () => fineTune(model, { train }, options), { name: "FrostError", message });
    const dense = model.parameter("bert.encoder.layer.1.intermediate.dense.bias");
    const held = (await dense.data()).slice();
    dense.assign(tf.fill(dense.shape, Number.POSITIVE_INFINITY));
    const weight = /the parameter bert\.encoder\.layer\.1\.intermediate\.dense\.bias holds Infinity/;
    await stopped(new RegExp(`^training stopped at step 1 of epoch 1: .*since ${weight.source}, at`));
    for (const says of [predict, evaluate])
      await assert.rejects(says(model, train), {
        name: "FrostError",
        message: new RegExp(`^expected finite logits, got NaN in row 0: ${weight.source}; look at`),
      });
    dense.assign(tf.fill(dense.shape, 3e38));
    const stage =
      /row \d+ comes out of the model's encoder\.layer\.1 as -?(NaN|Infinity), beyond what fp32 holds/;
    await stopped(new RegExp(`since ${stage.source}.*; try another checkpoint or look at these rows$`));
    dense.assign(tf.tensor(held));
    model.dispose();
    const regression = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
      numLabels: 1,
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    const values = new Float32Array(48).fill(1);
    const measured = { ...train, labels: { problemType: "regression" as const, values } };
    values[7] = Number.NaN;
    assert.throws(() => fineTune(regression, { train: measured }), {
      name: "InputError",
      message: "train: row 7: expected a finite number as its label, got NaN",
    });
    values[7] = 1e30;
    await assert.rejects(async () => fineTune(regression, { train: measured }, { batchSize: 48 }), {
      message:
        /since the square of row 7's label 1\.\d+e\+30 is beyond what float32 holds, .*; scale the labels$/,
    });
    values[7] = 1;
    assert.throws(() => fineTune(regression, { train: measured }, { classWeights: [1] }), {
      message: "classWeights: expected none, since a regression has no classes; leave it out",
    });
    regression.dispose();
  });

  it("learns by each loss of classes, and by one's own to the same numbers as by the kit's", async () => {
    const losses = new Map<string, number[]>();
    const own: CustomLoss = (logits, truth) =>
      tf.neg(tf.sum(tf.mul(tf.oneHot(tf.cast(truth, "int32"), 2), tf.logSoftmax(logits)), 1));
    for (const loss of ["crossEntropy", "focal", "ordinal", own] as const) {
      const model = await loadTiny();
      model.stateDict();
      const before = tf.memory().numTensors;
      const { epochs } = await fineTune(model, { train, valid }, { ...options, loss });
      assert.equal(tf.memory().numTensors, before);
      assert.ok(epochs[1].trainLoss < epochs[0].trainLoss);
      losses.set(
        typeof loss === "string" ? loss : "own",
        epochs.flatMap(({ trainLoss, validLoss }) => [trainLoss, validLoss!]),
      );
      model.dispose();
    }
    assert.ok(distance(losses.get("own")!, losses.get("crossEntropy")!) < 1e-4);
    assert.ok(losses.get("focal")![1] < losses.get("crossEntropy")![1]);
  });

  it("trains on soft labels as on the classes that are certain, and on no row of weight 0", async () => {
    const { labels } = train;
    assert.ok(labels?.problemType === "single_label_classification");
    const soft = Float32Array.from([...labels.ids].flatMap((id) => [1 - id, id]));
    const losses: number[][] = [];
    const weights = Float32Array.from(labels.ids, (_, row) => (row < 24 ? 1 : 0));
    const wrong = { ...labels, ids: labels.ids.map((id, row) => (row < 24 ? id : 1 - id)) };
    for (const given of [labels, { ...labels, soft }, { ...labels, weights }, { ...wrong, weights }]) {
      const model = await loadTiny();
      const whole = { ...options, epochs: 1, batchSize: 24, gradientAccumulation: 2 };
      const { epochs } = await fineTune(model, { train: { ...train, labels: given }, valid }, whole);
      losses.push([epochs[0].trainLoss, epochs[0].validLoss!]);
      model.dispose();
    }
    const [hard, certain, half, halfWrong] = losses;
    assert.ok(distance(hard, certain) < 1e-6);
    assert.deepEqual(half, halfWrong);
    assert.notDeepEqual(half, hard);
    const model = await loadTiny();
    const of = (more: object) => ({ train: { ...train, labels: { ...labels, ...more } } });
    assert.throws(() => fineTune(model, of({ weights }), { ...options, batchSize: 1 }), {
      name: "InputError",
      message:
        /^train: expected rows of weight above 0 in every step, got one of rows \d+ in epoch 1, which weigh 0;/,
    });
    assert.throws(() => fineTune(model, of({ weights: Float32Array.of(1) })), {
      name: "InputError",
      message: /^train: expected 48 weights for 48 rows, each of at least 0, got 1/,
    });
    model.dispose();
  });

  it("computes the metrics that are named besides, and may be judged by one of them", async () => {
    const model = await loadTiny();
    const metrics = ["balancedAccuracy", "rocAuc:odd"];
    const { epochs } = await fineTune(
      model,
      { train, valid },
      { ...options, metrics, metric: "quadraticKappa", restoreBest: true },
    );
    const names = [
      "accuracy",
      "f1",
      "mcc",
      "rocAuc",
      "logLoss",
      "balancedAccuracy",
      "rocAuc:odd",
      "quadraticKappa",
    ];
    for (const epoch of epochs) assert.deepEqual(Object.keys(epoch.metrics), names);
    const { metrics: found } = await evaluate(model, valid, { metrics: ["quadraticKappa"] });
    assert.equal(found.quadraticKappa, Math.max(...epochs.map((epoch) => epoch.metrics.quadraticKappa)));
    for (const wrong of [{ metric: "pearson" }, { metrics: ["pearson"] }])
      assert.throws(() => fineTune(model, { train, valid }, { ...options, ...wrong }), {
        name: "InputError",
        message: /^metrics?: expected one of .*accuracy, .*got "pearson"$/,
      });
    model.dispose();
  });

  it("trains a regression and several labels as well", async () => {
    const even = (ids: Int32Array) => ids.filter((id) => id % 2 === 0).length / ids.length;
    const values = Float32Array.from(train.inputIds, (ids) => 4 * even(ids) - 2);
    const regression = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
      numLabels: 1,
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    const lengths = { ...train, labels: { problemType: "regression" as const, values } };
    const { epochs } = await fineTune(
      regression,
      { train: lengths, valid: lengths },
      { ...options, epochs: 15 },
    );
    assert.ok(
      epochs[14].metrics.rmse < 0.5 * epochs[0].metrics.rmse,
      `rmse from ${epochs[0].metrics.rmse} to ${epochs[14].metrics.rmse}`,
    );
    regression.dispose();

    const [left, right] = [0, 1].map((bit) =>
      train.inputIds.map((ids) => 4 * even(ids.subarray(bit * 2)) - 2),
    );
    const targets = Float32Array.from(left.flatMap((value, row) => [value, 1 - right[row]]));
    const scored = {
      ...train,
      labels: { problemType: "regression" as const, classes: ["up", "down"], values: targets },
    };
    const two = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
      ...{ classes: ["up", "down"], problemType: "regression", ignoreMismatchedSizes: true },
      log: () => {},
    });
    const metrics = ["rmse:up", "rmse:down", "pearson:up", "pearson:down"];
    const learned = await fineTune(
      two,
      { train: scored, valid: scored },
      { ...options, epochs: 15, metrics },
    );
    const last = learned.epochs[14].metrics;
    // Each output follows its own target: those of up and down would be strangers to each other.
    assert.ok(last["pearson:up"] > 0.8 && last["pearson:down"] > 0.8, JSON.stringify(last));
    assert.ok(Math.abs(last.rmse - (last["rmse:up"] + last["rmse:down"]) / 2) < 1e-9);
    const said = await predict(two, scored);
    assert.equal(said.probabilities.length, 2 * train.inputIds.length);
    assert.deepEqual(
      said.labels[3].split(" ").map(Number),
      [...said.probabilities.subarray(6, 8)].map((v) => Number(String(v))),
    );
    assert.throws(
      () => fineTune(two, { train: { ...scored, labels: { problemType: "regression", values } } }),
      {
        message: "train: the model has 2 labels, the data one number a row; load the model with numLabels: 1",
      },
    );
    two.dispose();

    const both = Float32Array.from(train.inputIds.flatMap((ids) => [ids.length > 11 ? 1 : 0, ids[1] % 2]));
    const several = {
      ...train,
      labels: { problemType: "multi_label_classification" as const, classes: ["long", "odd"], values: both },
    };
    const multi = await AutoModelForSequenceClassification.fromPretrained(tinyBert, {
      classes: ["long", "odd"],
      problemType: "multi_label_classification",
      ignoreMismatchedSizes: true,
      log: () => {},
    });
    const result = await fineTune(
      multi,
      { train: several, valid: several },
      { ...options, epochs: 6, labelSmoothing: 0.05 },
    );
    assert.ok(result.epochs[5].validLoss! < result.epochs[0].validLoss!);
    const { labels } = await predict(multi, several);
    assert.ok(labels.every((label) => ["", "long", "odd", "long odd"].includes(label)));
    multi.dispose();
  });
});

/** A stage's forward with dropout at rest. */
function evalMode<F extends SequenceClassifier["stages"][number]["forward"]>(forward: F): F {
  return ((pass, inputs, x) => {
    const { training } = pass;
    pass.training = false;
    try {
      return forward(pass, inputs, x);
    } finally {
      pass.training = training;
    }
  }) as F;
}
