// `adversarial` of fineTune: FGM and AWP, against PyTorch.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { recording, staysOnDevice } from "../../src/engine/recorder/recording";
import { topNLayerFreeze } from "../../src/freeze";
import type { Classifier } from "../../src/models/Classifier";
import { Parameter } from "../../src/nn/Parameter";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { type AdversarialChoice, Adversary } from "../../src/training/Adversary";
import type { FineTuneOptions } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { assertClose } from "../close";
import { onEveryFastEngine } from "../onEveryEngine";
import { noiseImages } from "./noiseImages";
import { fixtureClasses, fixtureRows, loadTiny, tinyBert, tinyWithDropout, toyRows } from "./toyData";

const log = () => {};
const withDropout = tinyWithDropout();

interface Case {
  losses: number[];
  norms: number[];
  /** The first numbers of each, or those of words 10 to 13. */
  weights: Record<string, number[]>;
}

// test/fixtures/adversarial/make.py
const expected = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/adversarial/expected.json"), "utf8"),
) as { rows: number[][]; labels: number[]; cases: Record<string, Case> };

const rows = fixtureRows(expected.rows, expected.labels, "adversarial");

const CASES: [title: string, adversarial: AdversarialChoice | undefined, frozen?: number][] = [
  ["fgm", "fgm"],
  ["fgm, epsilon 5 from epoch 2", { name: "fgm", epsilon: 5, fromEpoch: 2 }],
  ["awp", "awp"],
  ["awp, far", { name: "awp", learningRate: 0.1, epsilon: 0.05 }],
  [
    "awp, far from epoch 2 above a frozen block",
    { name: "awp", learningRate: 0.1, epsilon: 0.05, fromEpoch: 2 },
    1,
  ],
  ["none", undefined],
];

async function weightsOf(model: Classifier): Promise<Map<string, Float32Array>> {
  const weights = new Map<string, Float32Array>();
  for (const [name, parameter] of [...model.namedParameters(), ...model.namedBuffers()])
    weights.set(name, (await parameter.data()).slice());
  return weights;
}

const [train, valid] = [toyRows(24), toyRows(16, "valid")];
const options: FineTuneOptions = { epochs: 2, batchSize: 8, learningRate: 3e-3, seed: 5, log };
const far: AdversarialChoice = { name: "awp", learningRate: 0.1, epsilon: 0.05 };

onEveryFastEngine("fineTune with adversarial", () => {
  assert.deepEqual(CASES.map(([title]) => title).sort(), Object.keys(expected.cases).sort());
  for (const [title, adversarial, frozen] of CASES)
    for (const gradientAccumulation of [1, 2])
      it(`learns as PyTorch does: ${title}, ${gradientAccumulation === 1 ? "at once" : "in two parts"}`, async () => {
        const before = tf.memory().numTensors;
        const model = await loadTiny(tinyBert, { classes: fixtureClasses });
        if (frozen !== undefined) topNLayerFreeze(model, frozen);
        const { losses, norms, weights } = expected.cases[title];
        const held = { losses: [] as number[], norms: [] as number[] };
        const run = fineTune(
          model,
          { train: rows },
          {
            ...{ epochs: 3, batchSize: 4 / gradientAccumulation, gradientAccumulation, learningRate: 1e-3 },
            ...{ eps: 1e-3, schedule: "constant", warmup: 0, adversarial, log },
          },
        );
        for await (const event of run)
          if (event.type === "step") {
            held.losses.push(event.loss);
            held.norms.push(event.gradNorm);
          }
        assertClose(held.losses, losses, 2e-6, "losses");
        assertClose(held.norms, norms, 2e-5, "norms");
        for (const [name, values] of Object.entries(weights)) {
          const from = name.includes("word") ? 10 * 32 : 0;
          const own = (await model.parameter(name).data()).slice(from, from + values.length);
          assertClose(own, values, 3e-6, name);
        }
        model.dispose();
        assert.equal(tf.memory().numTensors, before);
      });

  it("finds all weights as they were, to the very tensor, whatever happens at the disturbed ones", () => {
    for (const choice of ["fgm", far] as const) {
      const before = tf.memory().numTensors;
      const words = new Parameter(
        "bert.embeddings.word_embeddings.weight",
        tf.tensor2d([
          [1, -2],
          [3, 0],
        ]),
      );
      const bias = new Parameter("bert.pooler.dense.bias", tf.tensor1d([1, 2]));
      const gradients = new Map<Parameter, tf.Tensor>([
        [
          words,
          tf.tensor2d([
            [3, 0],
            [0, -4],
          ]),
        ],
        [bias, tf.tensor1d([1, 1])],
      ]);
      const adversary = new Adversary(choice);
      const { value, stamp } = words;
      let seen: Float32Array | null = null;
      const look = () => {
        seen = words.value.dataSync().slice() as Float32Array;
        assertClose(bias.value, [1, 2], 0);
      };
      adversary.disturbed(gradients, 1, look);
      // Along (3, -4) by 1; or by .1 of √14 along it, but by no more than .05 of each number.
      assertClose(seen!, choice === "fgm" ? [1.6, -2, 3, -0.8] : [1.05, -2, 3, 0], 1e-6);
      assert.ok(words.value === value && words.stamp === stamp);
      assert.throws(() => adversary.disturbed(gradients, 1, () => assert.fail("in between")), /in between/);
      assert.ok(words.value === value && words.stamp === stamp);
      // A scaled gradient is one of the same direction, and none at all moves nothing.
      const scaled = new Map<Parameter, tf.Tensor>(
        [...gradients].map(([parameter, gradient]) => [parameter, tf.mul(gradient, 1024)]),
      );
      const first = seen!;
      adversary.disturbed(scaled, 1024, look);
      assertClose(seen!, first, 1e-6);
      const none = new Map<Parameter, tf.Tensor>([[words, tf.zeros([2, 2])]]);
      adversary.disturbed(none, 1, look);
      assertClose(seen!, [1, -2, 3, 0], 0);
      tf.dispose([...gradients.values(), ...scaled.values(), ...none.values()]);
      for (const parameter of [words, bias]) parameter.dispose();
      assert.equal(tf.memory().numTensors, before);
    }
  });

  it("comes to the same bit for bit where it goes on after a stop", async () => {
    for (const adversarial of ["fgm", { ...far, fromEpoch: 2 }] as AdversarialChoice[]) {
      const own = { ...options, adversarial };
      const whole = await loadTiny(withDropout);
      await fineTune(whole, { train, valid }, own);
      const weights = await weightsOf(whole);
      whole.dispose();
      for (const stop of [2, 4]) {
        const resume = mkdtempSync(join(tmpdir(), "frostkit-adversarial-"));
        const left = await loadTiny(withDropout);
        for await (const event of fineTune(left, { train, valid }, { ...own, resume }))
          if (event.type === "step" && event.step === stop) break;
        left.dispose();
        const model = await loadTiny(withDropout);
        await fineTune(model, { train, valid }, { ...own, resume });
        assert.deepEqual(await weightsOf(model), weights);
        model.dispose();
        rmSync(resume, { recursive: true });
      }
    }
  });

  it("is run again from its program where the engine records, to the same numbers", async (t) => {
    const recorder = recording()?.recorder;
    if (!recorder) return t.skip("the engine computes at once");
    const inputIds = toyRows(24).inputIds.map((ids) =>
      Int32Array.from({ length: 9 }, (_, i) => ids[i % ids.length]),
    );
    const even = { ...toyRows(24), inputIds };
    for (const adversarial of ["fgm", far] as const) {
      const trained = async (): Promise<{ weights: Map<string, Float32Array>; replayed: number }> => {
        const model = await loadTiny(withDropout);
        const before = recorder.replayed;
        await fineTune(model, { train: even }, { ...options, epochs: 4, adversarial });
        const weights = await weightsOf(model);
        model.dispose();
        return { weights, replayed: recorder.replayed - before };
      };
      const again = await trained();
      process.env.FROSTKIT_REPLAY = "0";
      const spelled = await trained().finally(() => delete process.env.FROSTKIT_REPLAY);
      assert.equal(spelled.replayed, 0);
      // Twelve steps, of which a few are spelled out.
      assert.ok(again.replayed >= (staysOnDevice() ? 8 : 16), `${again.replayed}`);
      assert.deepEqual(again.weights, spelled.weights);
    }
  });

  it("moves a ResNet's running statistics by the forward of the weights themselves alone", async () => {
    const counts: number[] = [];
    for (const adversarial of [undefined, far]) {
      const model = await AutoModelForImageClassification.fromPretrained(
        join(__dirname, "../fixtures/models/resnet18-narrow"),
        { classes: ["no", "yes"], log },
      );
      topNLayerFreeze(model, 3);
      await fineTune(model, { train: noiseImages(8, 32) }, { epochs: 1, batchSize: 4, adversarial, log });
      const [, tracked] = model.namedBuffers().findLast(([name]) => name.endsWith("num_batches_tracked"))!;
      counts.push((await tracked.data())[0]);
      model.dispose();
    }
    assert.deepEqual(counts, [2, 2]);
  });

  it("goes with accumulated gradients' checkpoints and averages", async () => {
    const trained = async (own: FineTuneOptions) => {
      const model = await loadTiny();
      topNLayerFreeze(model, 1);
      await fineTune(model, { train }, { ...options, adversarial: far, ...own });
      const weights = await weightsOf(model);
      model.dispose();
      return weights;
    };
    const plain = await trained({});
    for (const [name, values] of await trained({ gradientCheckpointing: true }))
      assertClose(values, plain.get(name)!, 1e-6, name);
    assert.notDeepEqual(await trained({ average: "ema" }), plain);
  });
});

it("adversarial: what it may be, and what it has to find, is said in one line", async () => {
  const model = await loadTiny();
  const refused = (adversarial: unknown, message: RegExp) =>
    assert.throws(() => fineTune(model, { train }, { adversarial: adversarial as never }), message);
  refused(
    "pgd",
    /^InputError: adversarial: expected one of fgm, awp, or one of them with a setting, got "pgd"$/,
  );
  refused(
    { name: "awp", adv_lr: 1 },
    /^InputError: fineTune: unknown option adversarial\.adv_lr; did you mean learningRate\?$/,
  );
  refused(
    { name: "awp", epsilon: 0 },
    /^InputError: adversarial\.epsilon: expected a number above 0, got 0$/,
  );
  refused(
    { name: "fgm", fromEpoch: 3 },
    /^InputError: adversarial\.fromEpoch: expected one of the 2 epochs, got 3$/,
  );
  topNLayerFreeze(model, 0);
  refused(
    "fgm",
    /^InputError: adversarial: expected word embeddings that learn, since FGM disturbs them, got none; take "awp", which disturbs what learns, or freeze nothing$/,
  );
  model.dispose();
});

it("A sweep and a search whose depths leave FGM nothing to disturb are refused before their first trial; AWP goes with depths", async () => {
  const out = mkdtempSync(join(tmpdir(), "frostkit-adversarial-"));
  const model = await loadTiny();
  const sweep = { n: [-1, 2], epochs: 1, batchSize: 8, out, log };
  const message =
    /^InputError: adversarial: expected depths at which word embeddings learn, since FGM disturbs them, got n = 2; take "awp", or n: \[-1\]$/;
  const fgm = { ...sweep, adversarial: "fgm" } as const;
  await assert.rejects(async () => freezeSweep(model, { train, valid }, fgm), message);
  await assert.rejects(async () => searchDepth(model, { train, valid }, fgm), message);
  const { records } = await freezeSweep(model, { train, valid }, { ...sweep, n: [2], adversarial: "awp" });
  assert.equal(records[0].settings!.adversarial, "awp");
  await assert.rejects(
    async () => freezeSweep(model, { train, valid }, { ...sweep, n: [2] }),
    /holds records of another sweep: adversarial/,
  );
  model.dispose();
  rmSync(out, { recursive: true });
});
