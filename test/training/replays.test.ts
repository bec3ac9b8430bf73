// Steps that run again without being spelled out: the same weights to the bit, and never where something is not accounted for.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import type { Dataset } from "../../src/data/Rows";
import type { EncodedDataset } from "../../src/data/tokenize";
import { recording, staysOnDevice } from "../../src/engine/recorder/recording";
import { freezeWhere, topNLayerFreeze, unfreezeWhere } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { Random } from "../../src/random";
import { addLora } from "../../src/recipes/addLora";
import { bitFit } from "../../src/recipes/bitFit";
import { trainNorms } from "../../src/recipes/trainNorms";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { variant } from "../models/variant";
import { onEveryFastEngine, withoutHalf } from "../onEveryEngine";
import { dropoutRates, FAMILIES } from "./dropoutRates";
import { noiseImages } from "./noiseImages";
import { loadTiny, tinyWithDropout, toyRows } from "./toyData";

const options = { epochs: 2, batchSize: 4, learningRate: 3e-3, seed: 3 };

/** Texts of one length each, so that all batches have one shape, of tokens below 60. */
function evenRows(count: number, length = 9): EncodedDataset {
  const rows = toyRows(count);
  const inputIds = rows.inputIds.map((ids) =>
    Int32Array.from({ length }, (_, i) => ids[i % ids.length] % 60),
  );
  return { ...rows, inputIds };
}
const EVEN = evenRows(24);

interface Trained {
  losses: number[];
  weights: Float32Array[];
  /** Steps that were not spelled out. */
  replayed: number;
}

type Prepare = (model: Classifier) => void;

/** Trains a model and lets go of it. `between` may change it after each step. */
async function trained(
  load: () => Promise<Classifier>,
  train: Dataset,
  own: FineTuneOptions,
  prepare: Prepare,
  between: (model: Classifier, step: number) => void,
): Promise<Trained> {
  const model = await load();
  prepare(model);
  const recorder = recording()?.recorder;
  const runs = () => recorder?.replayed ?? 0;
  const before = runs();
  const losses: number[] = [];
  for await (const event of fineTune(model, { train }, { ...options, ...own })) {
    if (event.type !== "step") continue;
    losses.push(event.loss);
    between(model, event.step);
  }
  const all = [...model.namedParameters(), ...model.namedBuffers()];
  const weights = all.map(([, { value }]) => value.dataSync().slice() as Float32Array);
  model.dispose();
  // Where results do not stay on a device, a step is two runs: gradients, and what comes of them.
  return { losses, weights, replayed: (runs() - before) / (staysOnDevice() ? 1 : 2) };
}

/** Trains with and without, asserts that both come to the same, and says how many steps were not spelled out. */
async function replayed(
  load: () => Promise<Classifier>,
  train: Dataset,
  own: FineTuneOptions = {},
  prepare: Prepare = () => {},
  between: (model: Classifier, step: number) => void = () => {},
): Promise<number> {
  const steps = await trained(load, train, own, prepare, between);
  process.env.FROSTKIT_REPLAY = "0";
  try {
    const spelledOut = await trained(load, train, own, prepare, between);
    assert.equal(spelledOut.replayed, 0);
    assert.deepEqual(steps.losses, spelledOut.losses);
    assert.deepEqual(steps.weights, spelledOut.weights);
  } finally {
    delete process.env.FROSTKIT_REPLAY;
  }
  return steps.replayed;
}

onEveryFastEngine("Steps that are run again", (engine) => {
  const { FROSTKIT_REPLAY } = process.env;
  delete process.env.FROSTKIT_REPLAY;
  after(() => {
    if (FROSTKIT_REPLAY !== undefined) process.env.FROSTKIT_REPLAY = FROSTKIT_REPLAY;
  });
  /** Of so many steps in one form, all but those that lay it out: none where the engine computes at once. */
  const allBut = (first: number, steps: number) => (recording() ? steps - first : 0);
  const tiny = () => loadTiny(tinyWithDropout());

  // The first step has no moments to start from, and two lay the form out.
  for (const family of FAMILIES)
    it(`give ${family}, dropout on, what spelling them out gives, from the fourth on`, async () => {
      const folder = variant(family, dropoutRates(family));
      assert.equal(await replayed(() => loadTiny(folder), EVEN), allBut(3, 12));
    });

  it("go with frozen blocks, whose features are among what changes", async () => {
    const frozen = (n: number) => (model: Classifier) => void topNLayerFreeze(model, n);
    for (const n of [0, 2, 3]) assert.equal(await replayed(tiny, EVEN, {}, frozen(n)), allBut(3, 12));
  });

  it("go with LoRA, BitFit, and norms alone", async () => {
    const recipes: Prepare[] = [(model) => addLora(model, { dropout: 0.1 }), bitFit, trainNorms];
    for (const recipe of recipes) assert.equal(await replayed(tiny, EVEN, {}, recipe), allBut(3, 12));
  });

  it("go with layer-wise rates, groups without decay, a warm-up and clipping that comes and goes", async () => {
    const own: FineTuneOptions = {
      layerwiseDecay: 0.8,
      parameterGroups: [{ match: "*bias*", weightDecay: 0 }],
      warmup: 0.4,
      maxGradNorm: 1.5,
    };
    // At a rate of 0, in the first step, all parameters share one.
    assert.equal(await replayed(tiny, EVEN, own), allBut(3, 12));
  });

  it("go with each loss of classes, and rows that weigh more than others", async () => {
    const ids = EVEN.labels!.problemType === "single_label_classification" ? EVEN.labels!.ids : null;
    const weights = Float32Array.from(ids!, (_, row) => 1 + (row % 3));
    const single = { ...EVEN, labels: { ...EVEN.labels!, weights } } as EncodedDataset;
    for (const loss of ["crossEntropy", "focal", "ordinal"] as const)
      assert.equal(await replayed(tiny, single, { loss }), allBut(3, 12), loss);
  });

  it("go with batches of several shapes: each is laid out by itself, and those that come once are spelled out", async () => {
    const short = evenRows(12, 5);
    const mixed = { ...EVEN, inputIds: [...EVEN.inputIds.slice(0, 12), ...short.inputIds.slice(0, 9)] };
    const ids = Int32Array.from({ length: 21 }, (_, row) => row % 2);
    const rows = { ...mixed, labels: { ...EVEN.labels!, ids } } as EncodedDataset;
    const many = await replayed(tiny, rows, { epochs: 5 });
    assert.ok(many > allBut(20, 30) || !recording(), `${many}`);
  });

  it("go on in another form where flags change in mid-run, and go back to the one before with them", async () => {
    const between = (model: Classifier, step: number) => {
      if (step === 8) freezeWhere(model, "*layer.1*");
      if (step === 14) unfreezeWhere(model, "*layer.1*");
    };
    // Moments of what was frozen have seen fewer updates than the others': for an update that is a form of its own.
    const first = staysOnDevice() ? 3 + 2 + 2 : 3 + 2 + 1;
    assert.equal(await replayed(tiny, EVEN, { epochs: 4 }, undefined, between), allBut(first, 24));
  });

  it("are spelled out where weights that a snapshot holds would be written over", async () => {
    const snapshots: { dispose(): void }[] = [];
    const between = (model: Classifier, step: number) => {
      if (step === 6)
        for (const [, parameter] of model.namedParameters()) snapshots.push(parameter.snapshot());
    };
    // Gradients by themselves write over nothing.
    const first = staysOnDevice() ? 3 + 1 + 2 : 3 + (1 + 2) / 2;
    assert.equal(await replayed(tiny, EVEN, {}, undefined, between), allBut(first, 12));
    for (const snapshot of snapshots) snapshot.dispose();
  });

  it("read what is assigned to a parameter between two of them", async () => {
    const between = (model: Classifier, step: number) => {
      const [, bias] = model.namedParameters().find(([name]) => name === "classifier.bias")!;
      if (step === 7) bias.assign(tf.tidy(() => tf.add(bias.value, 0.5)));
    };
    assert.ok((await replayed(tiny, EVEN, {}, undefined, between)) >= allBut(6, 12));
  });

  it("thaw with the epochs", async () => {
    const many = await replayed(tiny, EVEN, { epochs: 4, unfreeze: [2, -1] });
    assert.ok(many >= allBut(3 + 4, 24), `${many}`);
  });

  it("are spelled out where a step is several programs: accumulated, or with blocks that are computed again", async () => {
    for (const own of [{ gradientAccumulation: 2 }, { gradientCheckpointing: true }]) {
      const many = await replayed(tiny, EVEN, own);
      // Updates alone are one program still.
      assert.ok(staysOnDevice() ? many === 0 : many <= 6, `${many}`);
    }
  });

  it("are spelled out where a loss of the user's own may be another each time", async () => {
    const random = () => {
      const draws = new Random(5);
      let step = 0;
      return (logits: tf.Tensor2D, truth: tf.Tensor) => {
        // Another factor only after it has been the same for long.
        const factor = ++step > 12 ? draws.uniform() : 1;
        const target = tf.oneHot(tf.cast(truth, "int32"), 2);
        return tf.mul(factor, tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1))) as tf.Tensor1D;
      };
    };
    let loss = random();
    const before = recording()?.recorder.replayed ?? 0;
    const runs = [];
    for (const replay of ["1", "0"]) {
      loss = random();
      process.env.FROSTKIT_REPLAY = replay;
      runs.push(
        await trained(
          tiny,
          EVEN,
          { loss },
          () => {},
          () => {},
        ),
      );
    }
    delete process.env.FROSTKIT_REPLAY;
    assert.deepEqual(runs[0], { ...runs[1], replayed: runs[0].replayed });
    const gradients = (recording()?.recorder.replayed ?? 0) - before;
    // On ONNX Runtime updates are a program of their own, which knows nothing of losses.
    assert.equal(gradients, staysOnDevice() ? 0 : allBut(3, 12));
  });

  it("move the running statistics of a ResNet", async () => {
    const load = () =>
      AutoModelForImageClassification.fromPretrained(join(__dirname, "../fixtures/models/resnet18-narrow"), {
        classes: ["no", "yes"],
        log: () => {},
      });
    const images = noiseImages(24, 32);
    const many = await replayed(load, images, {}, (model) => void topNLayerFreeze(model, 1));
    assert.ok(many >= allBut(5, 12), `${many}`);
  });

  it("go with half precision, whose loss is scaled", { skip: withoutHalf(engine) }, async () => {
    for (const precision of ["bf16", "fp16"] as const) {
      const many = await replayed(tiny, EVEN, { precision });
      assert.ok(many >= allBut(9, 12), `${precision}: ${many}`);
    }
  });

  it("leave no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await replayed(tiny, EVEN);
    assert.equal(tf.memory().numTensors, before);
  });
});
