// What TensorFlow computes on a GPU, tried on a CPU that stands for one (FROSTKIT_AS_GPU): parity with PyTorch of all families, and
// what training promises, a step as functions. Batches of any shapes: engine/functions/shapes.test.ts.
import { test } from "node:test";
import { whyNot } from "./engine/functions/asGpu";
import { enginesHere } from "./enginesHere";
import { runParts } from "./runParts";

const PARTS = [
  "models/albert",
  "models/attentionDropout",
  "models/bert",
  "models/debertaV2",
  "models/distilbert",
  "models/electra",
  "models/headsAgainstPyTorch",
  "models/modernbert",
  "models/resnet",
  "models/roberta",
  "models/xlmRoberta",
  "nn/lora",
  "recipes/addLora",
  "recipes/peft",
  "search/findLearningRate",
  "training/AdamW",
  "training/WeightAverage",
  "training/adversarial",
  "training/fineTune",
  "training/gradientCheckpointing",
  "training/microBatchSize",
  "training/precision",
  "training/replays",
  "training/Unfreezing",
];

test("Parity and training hold as on a GPU, a step as functions", {
  skip: whyNot() ?? false,
  timeout: 1_800_000,
}, async (t) => {
  const engines = Object.entries(enginesHere()).map(([name, { what }]) => {
    return [name, { what, why: name === "tensorflow" ? null : "TensorFlow alone computes as on a GPU" }];
  });
  const variables = {
    FROSTKIT_AS_GPU: "1",
    FROSTKIT_TEST_ENGINES: JSON.stringify(Object.fromEntries(engines)),
  };
  t.diagnostic(`${await runParts(PARTS, { variables })} tests passed as on a GPU`);
});
