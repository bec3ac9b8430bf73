import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification as Auto } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { takeRows } from "../../src/data/takeRows";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { useEngine } from "../../src/engine/useEngine";
import type { WeightType } from "../../src/models/Parts";
import { fineTune } from "../../src/training/fineTune";
import { predict } from "../../src/training/predict";
import { assertClose } from "../close";
import { makeFolder } from "./madeByHand";

const python = process.env.FROSTKIT_PYTHON ?? "python3";
// Looked for, not imported, which takes seconds.
const packages = spawnSync(python, [
  "-c",
  "import sys; from importlib.util import find_spec; sys.exit(not all(map(find_spec, ['torch', 'transformers'])))",
]);
const skip =
  packages.status !== 0 && `${python} has no torch with transformers; FROSTKIT_PYTHON names another`;

const pretrained = join(__dirname, "../fixtures/mini-bert-en");
const reviews = join(__dirname, "../fixtures/short-reviews/train.csv");

/** How far probabilities may be off: in half precision Python also computes in it. */
const TOLERANCE: Record<WeightType, number> = { F32: 1e-5, F16: 5e-3, BF16: 5e-2 };
const DTYPE: Record<WeightType, string> = {
  F32: "torch.float32",
  F16: "torch.float16",
  BF16: "torch.bfloat16",
};

interface Answers {
  scores: Record<string, number>[];
  ids: number[][];
  dtype: string;
}

test("A model that was trained and saved here answers in Python's pipeline, from text to label, in every precision", {
  skip,
}, async () => {
  await useEngine("onnxruntime");
  const before = tf.memory().numTensors;
  const table = takeRows(textDataset(await readTable(reviews), { text: "text", label: "target" }), [
    ...Array(24).keys(),
  ]);
  const tokenizer = await loadTokenizer(pretrained);
  const rows = await tokenize(table, tokenizer, { maxLength: 64 });
  const classes = ["no thanks", "yes please"];
  const model = await Auto.fromPretrained(pretrained, { classes, log: () => {} });
  const named = { ...rows, labels: { ...rows.labels, classes } as typeof rows.labels };
  await fineTune(model, { train: named }, { epochs: 2, batchSize: 4, learningRate: 1e-3 });
  const { probabilities } = await predict(model, rows);

  const folders = new Map<WeightType, string>();
  for (const dtype of ["F32", "F16", "BF16"] as const) {
    folders.set(dtype, join(makeFolder(), dtype));
    await model.savePretrained(folders.get(dtype)!, { dtype });
  }
  model.dispose();
  assert.equal(tf.memory().numTensors, before);

  const { stdout, stderr, status } = spawnSync(python, [join(__dirname, "pipelineInPython.py")], {
    input: JSON.stringify({ folders: [...folders.values()], texts: table.texts }),
    encoding: "utf8",
  });
  assert.equal(status, 0, stderr);
  const answers: Record<string, Answers> = JSON.parse(stdout);
  for (const [dtype, folder] of folders) {
    const { scores, ids, dtype: theirs } = answers[folder];
    assert.equal(theirs, DTYPE[dtype]);
    assert.deepEqual(
      ids,
      rows.inputIds.map((row) => [...row]),
      "the tokenizer came along",
    );
    scores.forEach((score, row) => {
      assert.deepEqual(Object.keys(score).sort(), classes);
      for (const [i, name] of classes.entries())
        assertClose([score[name]], [probabilities[2 * row + i]], TOLERANCE[dtype], `${dtype}, row ${row}`);
    });
  }
});
