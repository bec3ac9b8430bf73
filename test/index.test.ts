import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import * as frostkit from "../src/index";

test("A notebook finds the whole way under one name, from loading to the report", () => {
  const verbs = [
    ...["useEngine", "whyNot", "readTable", "textDataset", "takeRows", "trainValidSplit", "stratifiedKFold"],
    ...[
      "groupKFold",
      "loadTokenizer",
      "tokenize",
      "resolveModel",
      "listParams",
      "freezeWhere",
      "unfreezeWhere",
    ],
    ...[
      "topNLayerFreeze",
      "topNLayerUnfreeze",
      "fromLayersModel",
      "fineTune",
      "evaluate",
      "predict",
      "metrics",
    ],
    ...["searchDepth", "searchFigure", "findLearningRate", "learningRateFigure"],
    ...["freezeSweep", "readRecords", "latestSweep", "summarize", "formatSummary", "recommendN", "explainN"],
    ...["accuracyFigure", "secondsFigure", "memoryFigure", "epochsFigure", "toSvg", "toPng", "writeReport"],
    ...[
      "exportOnnx",
      "imageFolder",
      "loadImageTransform",
      "encodeImages",
      "bitFit",
      "trainNorms",
      "addLora",
      "mergeLora",
      "unmergeLora",
      "removeLora",
      "savePeft",
      "loadPeft",
      "adaptToTexts",
      "confusionMatrix",
      "confusionMatrixFigure",
      "worstMistakes",
      "writeTable",
      "checkSubmission",
      "fitThresholds",
      "labelsAbove",
      "fitCutPoints",
      "toGrades",
      "crossValidate",
      "readOutOfFold",
      "fitEnsemble",
      "blend",
      "show",
      "watch",
      "bundled",
    ],
  ];
  const functions = Object.entries(frostkit).flatMap(([name, value]) =>
    typeof value === "function" ? name : [],
  );
  assert.deepEqual(
    verbs.filter((name) => !functions.includes(name)),
    [],
  );
  assert.equal(typeof frostkit.AutoModelForSequenceClassification.fromPretrained, "function");
  assert.ok(new frostkit.InputError("x") instanceof frostkit.FrostError);
  assert.equal(new frostkit.FreezeError("x").name, "FreezeError");
  assert.match(frostkit.version, /^\d+\.\d+\.\d+/);
});

test("Importing it is cheap: no engine, no Transformers.js, no jsdom and no sharp until they are needed", () => {
  const code = `
    require("frostkit");
    const packages = Object.keys(require.cache).map((path) => path.split("node_modules/").at(-1));
    console.log(JSON.stringify(packages));`;
  const loaded: string[] = JSON.parse(
    execFileSync(process.execPath, ["-e", code], { cwd: join(__dirname, ".."), encoding: "utf8" }),
  );
  assert.ok(loaded.some((path) => path.startsWith("@tensorflow/tfjs-core/")));
  const heavy =
    /^(@tensorflow\/tfjs-(backend|node)|@huggingface\/transformers|onnxruntime|jsdom|plotly|protobufjs|sharp|webgpu)/;
  assert.deepEqual(
    loaded.filter((path) => heavy.test(path)),
    [],
  );
});
