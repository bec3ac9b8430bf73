import assert from "node:assert/strict";
import { before, describe, mock, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { freezeWhere, listParams, type ParameterModel, topNLayerFreeze, unfreezeWhere } from "../src/freeze";
import { fromLayersModel } from "../src/layersModel";

before(async () => {
  await tf.setBackend("cpu");
});

/** Dense 3 → 4 → 4 → 1; names dense_1/kernel, dense_1/bias, …, dense_3/bias. */
function threeDense(): tf.Sequential {
  const units = [4, 4, 1];
  return tf.sequential({
    layers: units.map((units, i) =>
      tf.layers.dense({
        units,
        name: `dense_${i + 1}`,
        activation: "tanh",
        kernelInitializer: tf.initializers.glorotUniform({ seed: i }),
        biasInitializer: "ones",
        ...(i === 0 && { inputShape: [3] }),
      }),
    ),
  });
}

/** A model of layers that hold layers. */
function nested(): tf.Sequential {
  const inner = tf.sequential({
    name: "inner",
    layers: [tf.layers.dense({ units: 2, inputShape: [2], name: "dense_1" })],
  });
  return tf.sequential({
    layers: [
      tf.layers.timeDistributed({
        name: "each",
        layer: tf.layers.batchNormalization({ name: "norm" }),
        inputShape: [5, 3],
      }),
      tf.layers.bidirectional({
        name: "both",
        layer: tf.layers.simpleRNN({ units: 1, returnSequences: true }) as tf.RNN,
        mergeMode: "concat",
      }),
      tf.layers.rnn({
        name: "stack",
        cell: [tf.layers.simpleRNNCell({ units: 2 }), tf.layers.gruCell({ units: 2 })],
      }),
      tf.layers.dense({ units: 2, name: "dense_1" }),
      inner,
    ],
  });
}

/** Two models with the same numbers in them. */
function twins(): [tf.Sequential, tf.Sequential] {
  const [one, other] = [threeDense(), threeDense()];
  other.setWeights(one.getWeights());
  return [one, other];
}

const x = tf.tidy(() => tf.sin(tf.range(0, 24).reshape([8, 3]))) as tf.Tensor2D;
const y = tf.tidy(() => x.sum(1, true).mul(0.3)) as tf.Tensor2D;

function compile(model: tf.LayersModel, optimizer: string | tf.Optimizer = "sgd"): void {
  model.compile({ optimizer, loss: "meanSquaredError" });
}

async function fit(model: tf.LayersModel, epochs = 2): Promise<void> {
  await model.fit(x, y, { epochs, batchSize: 8, shuffle: false, verbose: 0 });
}

/** Every weight's numbers by its unique name, batch norm's moving averages included. */
function values(model: tf.LayersModel): Map<string, string> {
  return new Map(model.weights.map((weight) => [weight.originalName, weight.read().dataSync().join()]));
}

/** The names of what differs from before. */
function moved(model: tf.LayersModel, before: Map<string, string>): string[] {
  const after = values(model);
  return [...before.keys()].filter((name) => after.get(name) !== before.get(name)).sort();
}

async function movedByFit(model: tf.LayersModel): Promise<string[]> {
  const before = values(model);
  await fit(model);
  return moved(model, before);
}

const all = [1, 2, 3].flatMap((i) => [`dense_${i}/bias`, `dense_${i}/kernel`]);
const without = (...frozen: string[]) => all.filter((name) => !frozen.includes(name));

describe("listParams of a LayersModel", () => {
  test("names the weights as they are saved, in their order", () => {
    assert.deepEqual(
      listParams(threeDense()).map(({ name, shape }) => [name, shape]),
      [
        ["dense_1/kernel", [3, 4]],
        ["dense_1/bias", [4]],
        ["dense_2/kernel", [4, 4]],
        ["dense_2/bias", [4]],
        ["dense_3/kernel", [4, 1]],
        ["dense_3/bias", [1]],
      ],
    );
  });

  test("has flags that are true or false, under one name", () => {
    const bias = fromLayersModel(threeDense()).parameter("dense_2/bias") as unknown as Record<
      string,
      unknown
    >;
    for (const name of ["requires_grad", "trainable"])
      assert.throws(
        () => {
          bias[name] = false;
        },
        { name: "InputError", message: `${name}: a parameter's flag is called requiresGrad` },
      );
    assert.throws(
      () => {
        bias.requiresGrad = "true";
      },
      { name: "InputError", message: 'dense_2/bias: requiresGrad: expected true or false, got "true"' },
    );
    assert.equal(bias.requiresGrad, true);
  });

  test("keeps that order whatever is frozen, unlike tfjs's own weights", () => {
    const model = threeDense();
    const names = listParams(model).map((row) => row.name);
    freezeWhere(model, "dense_1");
    assert.deepEqual(
      listParams(model).map((row) => row.name),
      names,
    );
    assert.notEqual(model.weights[0].originalName, "dense_1/kernel");
  });

  test("leaves out a batch norm's moving averages, which are state", () => {
    const model = tf.sequential({
      layers: [tf.layers.batchNormalization({ name: "norm", inputShape: [3] })],
    });
    const names = ["norm/gamma", "norm/beta"];
    assert.deepEqual(
      listParams(model).map((row) => row.name),
      names,
    );
    freezeWhere(model, "norm");
    assert.deepEqual(
      listParams(model).map((row) => row.name),
      names,
      "also when tfjs counts all four as not trainable",
    );
  });

  test("looks into recurrent layers, wrappers and nested models", () => {
    const model = nested();
    const names = listParams(model).map((row) => row.name);
    assert.equal(names.length, model.trainableWeights.length);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      names.filter((name) => name.includes("dense_1")),
      ["dense_1/kernel", "dense_1/bias", "inner/dense_1/kernel", "inner/dense_1/bias"],
    );
    for (const part of ["each", "both/forward", "both/backward", "stack"])
      assert.ok(
        names.some((name) => name.startsWith(part)),
        part,
      );
  });

  test("shows a weight of a layer used twice once", () => {
    const input = tf.input({ shape: [3] });
    const shared = tf.layers.dense({ units: 3, name: "shared" });
    const output = shared.apply(shared.apply(input)) as tf.SymbolicTensor;
    assert.equal(listParams(tf.model({ inputs: input, outputs: output })).length, 2);
  });

  test("shows weights that a layer of one's own holds in its own way", () => {
    for (const lists of ["weights", "trainableWeights"] as const) {
      class Gate extends tf.layers.Layer {
        static className = "Gate";
        readonly dense = tf.layers.dense({ units: 3, name: "gate" });
        override build(shape: tf.Shape) {
          this.dense.build(shape);
          this.built = true;
        }
        override get trainableWeights() {
          return this.dense?.[lists] ?? [];
        }
        override call(inputs: tf.Tensor) {
          return this.dense.apply(inputs) as tf.Tensor;
        }
      }
      const input = tf.input({ shape: [3] });
      const output = new Gate({}).apply(input) as tf.SymbolicTensor;
      const model = tf.model({ inputs: input, outputs: output });
      const rows = () => listParams(model).map((row) => [row.name.split("/").pop(), row.requiresGrad]);
      assert.deepEqual(rows(), [
        ["kernel", true],
        ["bias", true],
      ]);
      freezeWhere(model, "kernel");
      assert.deepEqual(rows(), [
        ["kernel", false],
        ["bias", true],
      ]);
    }
  });
});

describe("freezeWhere on a LayersModel", () => {
  test("stops fit from changing a layer, bit for bit, when called before compile", async () => {
    const model = threeDense();
    assert.deepEqual(freezeWhere(model, "dense_1"), ["dense_1/kernel", "dense_1/bias"]);
    compile(model);
    assert.deepEqual(await movedByFit(model), without("dense_1/kernel", "dense_1/bias"));
  });

  test("and when called after compile, which need not be called again", async () => {
    const model = threeDense();
    compile(model);
    freezeWhere(model, "dense_1");
    assert.deepEqual(await movedByFit(model), without("dense_1/kernel", "dense_1/bias"));
  });

  test("freezes a kernel but not its bias, even if a Sequential is compiled or built afterwards", async () => {
    const model = threeDense();
    freezeWhere(model, "dense_2/kernel");
    compile(model);
    assert.deepEqual(await movedByFit(model), without("dense_2/kernel"));
    model.build();
    compile(model, "adam");
    assert.deepEqual(await movedByFit(model), without("dense_2/kernel"));
    assert.deepEqual(
      listParams(model)
        .filter((row) => !row.requiresGrad)
        .map((row) => row.name),
      ["dense_2/kernel"],
    );
  });

  test("works on a functional model", async () => {
    const input = tf.input({ shape: [3] });
    const hidden = tf.layers.dense({ units: 4, name: "hidden" }).apply(input);
    const output = tf.layers.dense({ units: 1, name: "out" }).apply(hidden) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs: output });
    compile(model);
    freezeWhere(model, "hidden/*");
    assert.deepEqual(await movedByFit(model), ["out/bias", "out/kernel"]);
  });

  test("works inside a nested model", async () => {
    const model = tf.sequential({ layers: [threeDense(), tf.layers.dense({ units: 1, name: "head" })] });
    freezeWhere(model, "dense_2/kernel");
    compile(model);
    freezeWhere(model, "dense_1");
    assert.deepEqual(
      await movedByFit(model),
      [...without("dense_1/kernel", "dense_1/bias", "dense_2/kernel"), "head/bias", "head/kernel"].sort(),
    );
  });

  test("stops any other training that goes by tfjs's variables too", () => {
    const model = threeDense();
    freezeWhere(model, "dense_1");
    const before = values(model);
    const optimizer = tf.train.sgd(0.1);
    optimizer.minimize(() =>
      tf.losses.meanSquaredError(y, model.apply(x, { training: true }) as tf.Tensor2D),
    );
    assert.deepEqual(
      moved(model, before).filter((name) => name.startsWith("dense_1")),
      [],
    );
    assert.ok(moved(model, before).includes("dense_3/bias"));
  });

  test("agrees with model.summary() and makes fit print no warning", async () => {
    const model = threeDense();
    compile(model, "adam");
    await fit(model);
    freezeWhere(model, "dense_1");
    const lines: string[] = [];
    model.summary(undefined, undefined, (line) => lines.push(line));
    const { trainable, frozen, total } = listParams(model).totals;
    assert.ok(lines.includes(`Trainable params: ${trainable}`));
    assert.ok(lines.includes(`Non-trainable params: ${frozen}`));
    assert.ok(lines.includes(`Total params: ${total}`));
    const warn = mock.method(console, "warn", () => {});
    await fit(model);
    warn.mock.restore();
    assert.equal(warn.mock.callCount(), 0);
  });

  test("takes the model or what fromLayersModel makes of it, which is one and the same", () => {
    const model = threeDense();
    freezeWhere(fromLayersModel(model), "dense_1");
    assert.equal(listParams(model).totals.frozen, 16);
    assert.equal(fromLayersModel(model), fromLayersModel(model));
    assert.equal(freezeWhere(model, "dense_1").length, 2);
  });

  test("reads what tfjs's own flags say", () => {
    const model = threeDense();
    model.getLayer("dense_2").trainable = false;
    assert.deepEqual(
      listParams(model).map((row) => row.requiresGrad),
      [true, true, false, false, true, true],
    );
    model.trainable = false;
    assert.equal(listParams(model).totals.trainable, 0);
  });
});

describe("unfreezeWhere on a LayersModel", () => {
  test("lets fit train again what was frozen when the model was compiled", async () => {
    const model = threeDense();
    freezeWhere(model, "dense_1");
    compile(model);
    assert.deepEqual(await movedByFit(model), without("dense_1/kernel", "dense_1/bias"));
    unfreezeWhere(model, "dense_1/kernel");
    assert.deepEqual(await movedByFit(model), without("dense_1/bias"));
    unfreezeWhere(model, "*");
    assert.deepEqual(await movedByFit(model), all);
  });

  test("sets one weight free of a layer or model that tfjs's own flag froze, and no other", async () => {
    for (const lock of [
      (model: tf.Sequential) => {
        model.getLayer("dense_1").trainable = false;
        model.getLayer("dense_2").trainable = false;
        model.getLayer("dense_3").trainable = false;
      },
      (model: tf.Sequential) => {
        model.trainable = false;
      },
    ]) {
      const model = threeDense();
      lock(model);
      unfreezeWhere(model, "dense_2/kernel");
      compile(model);
      assert.deepEqual(await movedByFit(model), ["dense_2/kernel"]);
    }
  });

  test("does so in layers that hold layers too", () => {
    for (let i = 0; i < listParams(nested()).length; i++) {
      const model = nested();
      const { name } = listParams(model)[i];
      for (const layer of model.layers) layer.trainable = false;
      unfreezeWhere(model, (candidate) => candidate === name);
      assert.deepEqual(
        listParams(model).map((row) => row.requiresGrad),
        listParams(model).map((_, j) => j === i),
      );
    }
  });
});

describe("the optimizer's moments", () => {
  const optimizers: Record<string, () => tf.Optimizer> = {
    momentum: () => tf.train.momentum(0.05, 0.9),
    adagrad: () => tf.train.adagrad(0.05),
    adadelta: () => tf.train.adadelta(0.05),
    adam: () => tf.train.adam(0.05),
    adamax: () => tf.train.adamax(0.05),
    rmsprop: () => tf.train.rmsprop(0.05, 0.9, 0.5),
  };

  test("are looked up by name once, however often weights freeze and thaw", () => {
    const model = threeDense();
    compile(model, "adam");
    freezeWhere(model, "dense_1");
    const { applyGradients } = model.optimizer;
    unfreezeWhere(model, "dense_1");
    assert.equal(model.optimizer.applyGradients, applyGradients);
  });

  // What to compare with: tfjs leaves a weight its place when its own flag alone is cleared after compile.
  function setFlags(model: tf.LayersModel, trainable: boolean): void {
    for (const weight of model.getLayer("dense_1").weights) weight.trainable = trainable;
  }

  for (const [name, make] of Object.entries(optimizers)) {
    test(`stay with their weights when others freeze and thaw in mid-run: ${name}`, async (t) => {
      t.mock.method(console, "warn", () => {}); // tfjs on the twin whose flags were set past it
      const [ours, theirs] = twins();
      compile(ours, make());
      compile(theirs, make());
      for (const trainable of [true, false, true]) {
        (trainable ? unfreezeWhere : freezeWhere)(ours, "dense_1");
        setFlags(theirs, trainable);
        await fit(ours);
        await fit(theirs);
        assert.deepEqual([...values(ours)], [...values(theirs)]);
      }
    });

    test(`start at zero for weights that were frozen at compile, and go on for the others: ${name}`, async (t) => {
      t.mock.method(console, "warn", () => {});
      const [ours, theirs] = twins();
      freezeWhere(ours, "dense_1");
      compile(ours, make());
      compile(theirs, make());
      setFlags(theirs, false);
      for (const trainable of [false, true]) {
        if (trainable) unfreezeWhere(ours, "dense_1");
        setFlags(theirs, trainable);
        await fit(ours);
        await fit(theirs);
        assert.deepEqual([...values(ours)].sort(), [...values(theirs)].sort());
      }
    });
  }

  test("hold from batch to batch when a callback freezes and thaws during fit", async () => {
    const model = threeDense();
    compile(model, "adam");
    const before: Map<string, string>[] = [];
    await model.fit(x, y, {
      epochs: 3,
      verbose: 0,
      callbacks: {
        onEpochBegin: async (epoch) => {
          before.push(values(model));
          if (epoch === 1) freezeWhere(model, "dense_2");
          if (epoch === 2) unfreezeWhere(model, "dense_2");
        },
      },
    });
    const changed = (from: Map<string, string>, to: Map<string, string>) =>
      from.get("dense_2/kernel") !== to.get("dense_2/kernel");
    assert.deepEqual(
      [changed(before[0], before[1]), changed(before[1], before[2]), changed(before[2], values(model))],
      [true, false, true],
    );
  });
});

describe("a frozen batch norm", () => {
  function withNorm(): tf.Sequential {
    return tf.sequential({
      layers: [
        tf.layers.dense({ units: 4, inputShape: [3], name: "dense" }),
        tf.layers.batchNormalization({ name: "norm" }),
        tf.layers.dense({ units: 1, name: "out" }),
      ],
    });
  }
  const averages = ["norm/moving_mean", "norm/moving_variance"];

  test("keeps its moving averages, and moves them again when thawed", async () => {
    const model = withNorm();
    compile(model);
    freezeWhere(model, "norm");
    assert.deepEqual(await movedByFit(model), ["dense/bias", "dense/kernel", "out/bias", "out/kernel"]);
    unfreezeWhere(model, "norm/beta");
    const changed = await movedByFit(model);
    assert.deepEqual(
      averages.filter((name) => changed.includes(name)),
      averages,
    );
    assert.ok(changed.includes("norm/beta") && !changed.includes("norm/gamma"));
  });

  test("keeps them inside a wrapper too", () => {
    const model = nested();
    freezeWhere(model, "each");
    const before = values(model);
    model.apply(tf.ones([2, 5, 3]), { training: true });
    assert.deepEqual(moved(model, before), []);
  });

  test("normalises by its moving averages in training, as in prediction", () => {
    const model = withNorm();
    const run = (training: boolean) => (model.apply(x, { training }) as tf.Tensor).dataSync().join();
    assert.notEqual(run(true), run(false));
    freezeWhere(model, "norm");
    assert.equal(run(true), run(false));
  });
});

describe("fromLayersModel", () => {
  test("gives the direct form, with close names for one that is not there", async () => {
    const model = threeDense();
    fromLayersModel(model).parameter("dense_3/bias").requiresGrad = false;
    compile(model);
    assert.deepEqual(await movedByFit(model), without("dense_3/bias"));
    assert.throws(() => fromLayersModel(model).parameter("dense_3/beas"), {
      name: "InputError",
      message: new RegExp(`^${model.name} has no parameter "dense_3/beas"; close: dense_3/bias, `),
    });
    assert.throws(() => fromLayersModel(model).parameter("conv"), /close: dense_1\/kernel, dense_1\/bias, /);
  });

  test("refuses a model that has no weights yet, and what is no model", () => {
    assert.throws(() => listParams(tf.sequential({ name: "empty" })), {
      name: "InputError",
      message: "empty has no weights: add its layers first",
    });
    assert.throws(() => fromLayersModel({} as tf.LayersModel), {
      name: "InputError",
      message: /expected a tfjs LayersModel/,
    });
    assert.throws(() => listParams({} as ParameterModel), { name: "FreezeError" });
  });

  test("leaves blocks to models that have them", () => {
    assert.throws(() => topNLayerFreeze(threeDense(), 1), /no blocks recognised/);
  });

  test("makes no tensor, and neither does a run that freezes and thaws beyond what the optimizer keeps", async () => {
    const model = threeDense();
    const start = tf.memory().numTensors;
    listParams(model);
    freezeWhere(model, "dense_1");
    unfreezeWhere(model, "dense_1");
    assert.equal(tf.memory().numTensors, start);

    compile(model, "adam");
    await fit(model);
    const settled = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) {
      freezeWhere(model, "dense_2");
      await fit(model);
      unfreezeWhere(model, "dense_2");
      await fit(model);
    }
    assert.equal(tf.memory().numTensors, settled);
    model.dispose();
    assert.equal(tf.memory().numTensors, start - 6);
  });
});
