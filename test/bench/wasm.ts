// npx tsx test/bench/wasm.ts [steps]: what a training step of the bundled model takes on the wasm engine, with products by ONNX Runtime and by
// its own kernel, and on TensorFlow, where that is linked; and how fast the wasm engine's own kernels are beside tfjs's for the same.
// Takes about two minutes, steps alone one; load on the machine moves the figures, so the sides take turns, and the least and the median are printed.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { type EngineName, useEngine, whyNot } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { adamWUpdate } from "../../src/ops/adamW/adamWUpdate";
import { attention } from "../../src/ops/attention/attention";
import { dropoutMask } from "../../src/ops/dropoutMask/dropoutMask";
import { gelu, geluGradient } from "../../src/ops/gelu/gelu";
import { layerNorm } from "../../src/ops/layerNorm/layerNorm";
import { matMul } from "../../src/ops/matMul/matMul";
import { fineTune } from "../../src/training/fineTune";
import { randomRows } from "./randomRows";

const [BATCH, TOKENS, STEPS, ROUNDS] = [32, 32, 3, 3];

/** Who computes, and what FROSTKIT_ONNXRUNTIME has to be for it. */
type Side = { name: string; engine: EngineName; runtime?: "0" };

async function benchSteps(): Promise<void> {
  const sides: Side[] = [
    { name: "wasm alone", engine: "wasm", runtime: "0" },
    { name: "wasm", engine: "wasm" },
  ];
  const why = await whyNot("tensorflow");
  if (why) console.log(`TensorFlow is left out: ${why}`);
  else sides.push({ name: "tensorflow", engine: "tensorflow" });
  console.log(
    `seconds a step, least (median), ${BATCH} rows of ${TOKENS} tokens; wasm alone uses 1 core, products elsewhere ${availableParallelism()}`,
  );
  print("N frozen", ...sides.map(({ name }) => name));
  for (const n of [0, 3, 6]) {
    const seconds = sides.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [i, side] of sides.entries()) seconds[i].push(...(await secondsPerStep(side, n)));
    print(`${n}`, ...seconds.map((all) => `${Math.min(...all).toFixed(3)} (${median(all).toFixed(3)})`));
  }
}

async function secondsPerStep({ engine, runtime }: Side, n: number): Promise<number[]> {
  delete process.env.FROSTKIT_ONNXRUNTIME;
  if (runtime) process.env.FROSTKIT_ONNXRUNTIME = runtime;
  await useEngine(engine);
  const model = await AutoModelForSequenceClassification.fromPretrained(
    join(__dirname, "../../data/all-MiniLM-L6-v2"),
    { classes: ["no", "yes"], log: () => {} },
  );
  topNLayerFreeze(model, n);
  const { epochs } = await fineTune(
    model,
    { train: randomRows(BATCH * STEPS, TOKENS, 8192) },
    { epochs: 2, batchSize: BATCH },
  );
  model.dispose();
  return epochs.map(({ trainSeconds }) => trainSeconds / STEPS);
}

/** A kernel, its work (in 10⁹ operations of a product, or elements of anything else), and what the kit and tfjs do for it. */
type Contest = [title: string, work: number, ours: () => unknown, theirs: () => unknown];

async function benchKernels(): Promise<void> {
  await useEngine("wasm");
  // Asked for before the first of our kernels, which puts faster ones in their place.
  const [sum, gather] = [tf.Sum, tf.GatherV2].map((name) => formerKernel(name));
  print("kernel", "unit", "frostkit", "tfjs", "faster");
  for (const [title, work, ours, theirs] of [...products(), ...elementwise(), ...rowwise(sum, gather)]) {
    const sides = [ours, theirs].map((run) => ({ run, times: [] as number[] }));
    for (let round = 0; round < 15; round++)
      for (const { run, times } of sides) {
        const start = performance.now();
        tf.tidy(() => void run());
        times.push((performance.now() - start) / 1000);
      }
    const [kit, tfjs] = sides.map(({ times }) => work / median(times));
    const unit = title.includes("·") || title === "attention" ? "GFLOP/s" : "10⁹/s";
    print(title, unit, kit.toFixed(2), tfjs.toFixed(2), `${(kit / tfjs).toFixed(1)} x`);
  }
}

const normal = (...shape: number[]) => tf.randomNormal(shape, 0, 1, "float32", 1);

const [ROWS, HIDDEN, WIDE, HEADS] = [BATCH * TOKENS, 192, 768, 3];

function products(): Contest[] {
  const [x, u, w] = [normal(ROWS, HIDDEN), normal(ROWS, WIDE), normal(WIDE, HIDDEN)];
  const heads = normal(BATCH, HEADS, TOKENS, HIDDEN / HEADS);
  const split = (x: tf.Tensor) =>
    tf.transpose(tf.reshape(x, [BATCH, TOKENS, HEADS, HIDDEN / HEADS]), [0, 2, 1, 3]);
  const mask = tf.zeros([BATCH, 1, 1, TOKENS]);
  const attended = { query: x, key: x, value: x, batchSize: BATCH, heads: HEADS };
  const theirs = () => {
    const [q, k, v] = [split(x), split(x), split(x)];
    const weights = tf.softmax(tf.add(tf.mul(tf.matMul(q, k, false, true), 0.125), mask));
    return tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]);
  };
  const [dense, scores] = [2e-9 * ROWS * HIDDEN * WIDE, 2e-9 * BATCH * TOKENS * TOKENS * HIDDEN];
  return [
    ["x · Wᵀ", dense, () => matMul(x, w, false, true), () => tf.matMul(x, w, false, true)],
    ["dy · W", dense, () => matMul(u, w), () => tf.matMul(u, w)],
    ["dyᵀ · x", dense, () => matMul(u, x, true), () => tf.matMul(u, x, true)],
    ["q · kᵀ", scores, () => matMul(heads, heads, false, true), () => tf.matMul(heads, heads, false, true)],
    ["attention", 2 * scores, () => attention({ ...attended, mask }), theirs],
  ];
}

function elementwise(): Contest[] {
  const [u, dy] = [normal(ROWS, WIDE), normal(ROWS, WIDE)];
  const phi = () => tf.mul(tf.add(tf.erf(tf.mul(u, Math.SQRT1_2)), 1), 0.5);
  const bell = () => tf.mul(tf.exp(tf.mul(tf.square(u), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  const [value, mean, square] = [u, dy, tf.square(dy)];
  const settings = {
    learningRate: 1e-3,
    weightDecay: 0.01,
    betas: [0.9, 0.999] as [number, number],
    eps: 1e-8,
    step: 1,
    gradientScale: 1,
  };
  const theirAdamW = () => {
    const m = tf.add(tf.mul(mean, 0.9), tf.mul(dy, 0.1));
    const v = tf.add(tf.mul(square, 0.999), tf.mul(tf.square(dy), 0.001));
    tf.sub(tf.mul(value, 0.99999), tf.mul(tf.div(m, tf.add(tf.mul(tf.sqrt(v), 31.6), 1e-8)), 0.01));
  };
  const size = u.size / 1e9;
  return [
    ["gelu", size, () => gelu(u), () => tf.mul(u, phi())],
    ["gelu gradient", size, () => geluGradient(dy, u), () => tf.mul(dy, tf.add(phi(), tf.mul(u, bell())))],
    [
      "AdamW",
      size,
      () => adamWUpdate([{ state: { value, mean, square }, gradient: dy, settings }]),
      theirAdamW,
    ],
    [
      "dropout mask",
      size,
      () => dropoutMask(u.shape, { rate: 0.1, seed: 1 }),
      () => tf.randomUniform(u.shape),
    ],
  ];
}

function rowwise(formerSum: Former, formerGather: Former): Contest[] {
  const [x, dy, row, table] = [
    normal(ROWS, HIDDEN),
    normal(ROWS, HIDDEN),
    normal(HIDDEN),
    normal(8192, HIDDEN),
  ];
  const ids = tf.range(0, ROWS, 1, "int32") as tf.Tensor1D;
  const theirNorm = () => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-12));
    return tf.add(tf.mul(tf.mul(centred, scale), row), row);
  };
  const size = x.size / 1e9;
  return [
    ["layerNorm", size, () => layerNorm({ x, weight: row, bias: row, eps: 1e-12 }), theirNorm],
    ["sum of rows", size, () => tf.sum(dy, 0), () => formerSum({ x: dy }, { axis: [0], keepDims: false })],
    [
      "look up rows",
      size,
      () => tf.gather(table, ids),
      () => formerGather({ x: table, indices: ids }, { axis: 0, batchDims: 0 }),
    ],
  ];
}

type Former = (inputs: tf.NamedTensorInfoMap, attrs: object) => tf.Tensor;

/** A kernel as tfjs registered it. */
function formerKernel(name: string): Former {
  const { kernelFunc } = tf.getKernel(name, "wasm");
  return (inputs, attrs) => {
    const made = kernelFunc({ inputs, attrs: attrs as tf.NamedAttrMap, backend: tf.backend() });
    return tf.engine().makeTensorFromTensorInfo(made as tf.TensorInfo);
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

const print = (...cells: string[]) => console.log(cells.map((cell) => cell.padEnd(16)).join(""));

void (async () => {
  if (process.argv[2] !== "steps") await benchKernels();
  await benchSteps();
})();
