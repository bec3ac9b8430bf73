import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { type ImageClassifier, toChannelsLast } from "../../src/models/ImageClassifier";
import { ownImages } from "../../src/models/imageInputs";
import { assertClose } from "../close";
import { onEveryEngineAndWebgpu } from "../onEveryEngine";
import { type Expected, onModel, parityTests } from "./parityTests";

const folder = join(__dirname, "../fixtures/models/resnet18-narrow");
const expected: Expected & { inputs: { pixel_values: number[][][][] } } = JSON.parse(
  readFileSync(join(folder, "expected.json"), "utf8"),
);
const pixels = expected.inputs.pixel_values;
const load = () => AutoModelForImageClassification.fromPretrained(folder, { log: assert.fail });
const logits = (model: ImageClassifier) => model.forward(pixels).logits;

onEveryEngineAndWebgpu("resnet18 against timm", (engine) => {
  parityTests<ImageClassifier>(engine, {
    expected,
    load,
    logits,
    inputs: () => ownImages(tf.tidy(() => toChannelsLast(pixels))),
    frozenBy: 1,
    belongs: (name, n) =>
      /^(conv1|bn1)\./.test(name) || Number(/^layer(\d)\./.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) <= n,
  });

  onModel(
    load,
    "gives the same logits in eval mode, and on request what stem and stages give",
    async (model) => {
      const { logits, hiddenStates } = model.forward(pixels, { outputHiddenStates: true });
      assertClose(await logits.data(), expected.logits.flat(), 1e-5);
      assert.deepEqual(
        hiddenStates.map(({ shape }) => shape),
        [
          [3, 16, 16, 64],
          [3, 16, 16, 8],
          [3, 8, 8, 16],
          [3, 4, 4, 24],
          [3, 2, 2, 32],
        ],
      );
      tf.dispose([logits, ...hiddenStates]);
    },
  );
});
