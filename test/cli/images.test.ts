import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { openCheckpoint } from "../../src/checkpoint/openCheckpoint";
import { readTable } from "../../src/data/readTable";
import { assertClose } from "../close";
import { imagesOf } from "../data/images";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

/** The fixture's narrow ResNet of 3 classes, which reads 64 x 64 pixels. */
function tinyResnet(name: string): string {
  const from = join(__dirname, "..", "fixtures", "models", "resnet18-narrow");
  mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(join(from, "model.safetensors"), join(folder, name, "model.safetensors"));
  const config = JSON.parse(readFileSync(join(from, "config.json"), "utf8"));
  const pretrained = { input_size: [3, 64, 64], crop_pct: 1, num_classes: 3 };
  writeFileSync(join(folder, name, "config.json"), JSON.stringify({ ...config, pretrained_cfg: pretrained }));
  return name;
}

const model = tinyResnet("resnet");
const colours: Record<string, [number, number, number]> = {
  blue: [60, 60, 180],
  green: [60, 180, 60],
  red: [180, 60, 60],
};
let pets: string;
let held: string;
before(async () => {
  pets = await imagesOf("pets", colours, { count: 8 });
  held = await imagesOf("held", colours, { count: 4 });
});
const common = ["--engine", "onnxruntime", "--batch", "6", "--lr", "3e-3"];
const finetune = (...args: string[]) =>
  frostkit("finetune", "--model", model, "--train", pets, ...common, ...args);
const predict = (...args: string[]) =>
  frostkit("predict", "--model", "runs/pets", "--engine", "onnxruntime", "--out", "out.csv", ...args);

test("finetune trains an image model on a folder with a folder for each class, below which it is frozen, and saves it", async () => {
  const { code, stdout, stderr } = await finetune("--freeze", "1", "--epochs", "4", "--save", "runs/pets");
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^newly initialised: |^engine: onnxruntime/m);
  assert.match(stderr, /^19 images to train on, 5 to validate on$/m);
  assert.match(stdout, /^epoch +train loss +valid loss +accuracy /);
  assert.match(stdout, /^ *4 +\d\.\d{4} +\d\.\d{4} +1\.0000 /m);
  const config = JSON.parse(readFileSync(join(folder, "runs/pets/config.json"), "utf8"));
  assert.deepEqual(config.label_names, ["blue", "green", "red"]);
  const [from, to] = [model, "runs/pets"].map((name) => openCheckpoint(join(folder, name)));
  const changed = [...from.tensors.keys()].filter(
    (name) =>
      /weight$/.test(name) && to.readFloat32(name).some((value, i) => value !== from.readFloat32(name)[i]),
  );
  assert.ok(changed.length > 0 && changed.every((name) => /^(layer[234]|fc)\./.test(name)), `${changed}`);
  for (const checkpoint of [from, to]) checkpoint.close();
});

test("predict writes each image's file and label, from class folders and from images alone", async () => {
  const nested = await predict("--data", held, "--label", "colour", "--probabilities");
  assert.equal(nested.code, 0, nested.stderr);
  assert.equal(nested.stdout, "12 rows: out.csv\n");
  const table = await readTable(join(folder, "out.csv"));
  assert.deepEqual(table.columns, ["file", "colour", "blue", "green", "red"]);
  for (const { file, colour, ...probabilities } of table.rows) {
    assert.match(file, /^(blue|green|red)\/[0-3]\.png$/);
    assert.equal(colour, file.split("/")[0], "the folder's name, which predict does not look at");
    assert.ok(Number(probabilities[colour]) > 1 / 3);
  }
  const flat = await predict("--data", join(held, "red"), "--id", "image", "--out", "flat.csv");
  assert.equal(flat.code, 0, flat.stderr);
  assert.equal(
    readFileSync(join(folder, "flat.csv"), "utf8"),
    `image,target\n${[0, 1, 2, 3].map((i) => `${i}.png,red\n`).join("")}`,
  );
});

test("predict takes images of one folder in a folder, as competitions pack them", async () => {
  const one = await imagesOf("packed", { test1: colours.green }, { count: 2 });
  const { code, stderr } = await predict("--data", one, "--out", "one.csv");
  assert.equal(code, 0, stderr);
  assert.equal(
    readFileSync(join(folder, "one.csv"), "utf8"),
    "file,target\ntest1/0.png,green\ntest1/1.png,green\n",
  );
});

test("export writes an image model that Transformers.js runs, with the probabilities that predict writes", async () => {
  assert.deepEqual(await frostkit("export", "--model", "runs/pets", "--out", "onnx"), {
    code: 0,
    stdout: "exported: onnx\n",
    stderr: "",
  });
  assert.deepEqual(readdirSync(join(folder, "onnx")).sort(), [
    "config.json",
    "onnx",
    "preprocessor_config.json",
  ]);
  // Of the model's own size: others the pipeline scales in its own way.
  const whole = await imagesOf("whole", colours, { count: 1, side: 64 });
  assert.equal((await predict("--data", whole, "--probabilities", "--out", "whole.csv")).code, 0);
  const { rows } = await readTable(join(folder, "whole.csv"));
  const { pipeline } = await import("@huggingface/transformers");
  const classify = await pipeline("image-classification", join(folder, "onnx"), { dtype: "fp32" });
  // The table has six digits.
  for (const { file, ...row } of rows)
    for (const { label, score } of (await classify(join(whole, file), { top_k: 3 })) as Answer[])
      assertClose([score], [Number(row[label])], 1e-5 + 5e-7, `${label} of ${file}`);
  await classify.dispose();
});

test("--augment trains on random views of the images; judged by the same images, it is another sweep", async () => {
  const start = (out: string, ...args: string[]) =>
    frostkit(
      "sweep",
      ...["--model", model, "--train", pets, "--valid", held],
      ...common,
      ...`--n 4 --epochs 1 --json --out ${out}`.split(" "),
      ...args,
    );
  const sweep = async (out: string, ...args: string[]) => {
    const ended = await start(out, ...args);
    assert.equal(ended.code, 0, ended.stderr);
    return JSON.parse(ended.stdout);
  };
  const records = [
    await sweep("runs/augmented", "--augment"),
    await sweep("runs/augmented-half", "--augment", "0.5"),
    await sweep("runs/not-augmented"),
  ];
  assert.equal(new Set(records.map(({ dataHash }) => dataHash)).size, 3);
  assert.equal(new Set(records.map(({ epochs }) => epochs[0].trainLoss)).size, 3);
  assert.deepEqual(
    await sweep("runs/augmented-half", "--augment", "0.5"),
    records[1],
    "which stands there already",
  );
  const { code, stderr } = await start("runs/augmented", "--augment", "0.5");
  assert.equal(code, 2);
  assert.match(stderr, /--out: runs\/augmented holds records of another sweep: other rows;/);
});

test("sweep freezes stages of a ResNet and tries recipes; report draws it again", async () => {
  const args = ["--model", model, "--train", pets, "--valid", held, ...common, "--epochs", "1"];
  const { code, stdout, stderr } = await frostkit(
    "sweep",
    ...args,
    ..."--n -1,4 --strategies norms:learningRate=1e-2 --out runs/swept".split(" "),
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^24 images to train on, 12 to validate on$/m);
  for (const table of [stdout, (await frostkit("report", "runs/swept")).stdout])
    for (const line of [/^freeze +none +0\.\d{4} /m, /^freeze +4 +0\.\d{4} .* 99$/m, /^norms {2,}0\.\d{4} /m])
      assert.match(table.replace(/ +<- recommended$/gm, ""), line);
});

test("list shows a ResNet's parameters and what a freeze of its stages freezes", async () => {
  const { code, stdout, stderr } = await frostkit("list", "--model", model, "--freeze", "1");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^conv1\.weight +\[64, 3, 7, 7\] +9,408 +false$/m);
  assert.match(stdout, /^layer1\.1\.bn2\.bias +\[8\] +8 +false$/m);
  assert.match(stdout, /^layer2\.0\.conv1\.weight +\[16, 8, 3, 3\] +1,152 +true$/m);
  assert.doesNotMatch(stdout, /running_mean/);
  assert.match(stdout, /^trainable .* \/ frozen .*, 18 tensors\) \/ total /m);
});

test("Options about texts are refused with images, as are texts for an image model and images for one of texts", async () => {
  const bert = tinyModel("bert");
  const table = tinyTable("train.csv", 12);
  const refuses = async (ended: ReturnType<typeof frostkit>, line: RegExp) => {
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^frostkit \w+: [^\n]+\n$/);
    assert.match(stderr, line);
  };
  const runs = () => readdirSync(join(folder, "runs"));
  const before = runs();
  const given = { "--max-length": "128", "--label": "target", "--limit": "9" };
  for (const [name, value] of Object.entries(given))
    await refuses(
      finetune(name, value),
      new RegExp(`${name}: expected none, since .*/pets is a folder of images; leave it out`),
    );
  await refuses(
    frostkit("finetune", "--model", bert, "--train", table, "--augment"),
    /--augment: expected none, since train\.csv is no folder of images; leave it out\n/,
  );
  await refuses(predict("--data", held, "--pair", "text"), /--pair: expected none, since .*held is a folder/);
  await refuses(
    frostkit("finetune", "--model", bert, "--train", pets),
    /--train: expected a table of texts, since bert reads texts, got the folder .*\/pets\n/,
  );
  await refuses(
    frostkit("sweep", "--model", model, "--train", table),
    /--train: expected a folder of images, since resnet reads images, got the table train\.csv\n/,
  );
  await refuses(
    predict("--data", table),
    /--data: expected a folder of images, since runs\/pets reads images, got the table train\.csv\n/,
  );
  await refuses(
    finetune("--valid", join(held, "red")),
    /held\/red: expected a folder of images for each class, got images alone\n/,
  );
  assert.deepEqual(runs(), before, "nothing was written");
});

interface Answer {
  label: string;
  score: number;
}
