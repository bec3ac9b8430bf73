import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { peakBytes } from "../../src/engine/peakBytes";
import { type EngineName, ensureEngine, useEngine, whyNot } from "../../src/engine/useEngine";
import { onEveryEngine } from "../onEveryEngine";

/** Loads two models at once, after whatever comes first. */
const script = (first: string, log = "log: (line) => line.startsWith('engine') && console.log(line)") => `
  const { AutoModelForSequenceClassification, useEngine } = require(${JSON.stringify(join(__dirname, "../../src/index"))});
  const model = ${JSON.stringify(join(__dirname, "../fixtures/models/bert"))};
  const load = async () => {
    await AutoModelForSequenceClassification.fromPretrained(model, { ${log} });
    console.log("loaded");
  };
  (async () => {
    ${first}
    await Promise.all([load(), load()]);
  })();`;

describe("useEngine", () => {
  it("takes the engine that is named, says so and gives versions for the record", async () => {
    const engine = await useEngine("onnxruntime");
    assert.equal(tf.getBackend(), "onnxruntime");
    assert.equal(engine.name, "onnxruntime");
    assert.match(engine.reason, /^as asked for; ONNX Runtime \d/);
    assert.equal(engine.versions.tfjs, tf.version_core);
    assert.equal(await ensureEngine(), engine);
  });

  it("takes TensorFlow by itself where it runs, else ONNX Runtime, and says why", async () => {
    const why = await whyNot("tensorflow");
    const { name, reason } = await useEngine();
    assert.equal(name, why === null ? "tensorflow" : "onnxruntime");
    assert.match(
      reason,
      why === null ? /^TensorFlow 2\.\S+ computes on (CPU|GPU) \S/ : /^tensorflow cannot run: /,
    );
  });

  const without = (missing: string) => {
    const script = `
      const Module = require("node:module");
      const load = Module._load;
      Module._load = (name, ...rest) => {
        if (/${missing}/.test(name)) throw new Error("its library is not there");
        return load(name, ...rest);
      };
      require(${JSON.stringify(join(__dirname, "../../src/engine/useEngine"))})
        .useEngine()
        .then(({ name, reason }) => console.log(JSON.stringify({ name, reason, handlers: process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException") })));`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
    return JSON.parse(output);
  };

  it("takes ONNX Runtime by itself in a fresh process where TensorFlow does not load", () => {
    const { name, reason } = without("tfjs-node-gpu|tfjs_binding");
    assert.equal(name, "onnxruntime");
    assert.match(reason, /^tensorflow cannot run: .*; ONNX Runtime \d\S+ computes on \d+ cores?$/);
  });

  it("falls back to plain JavaScript where neither loads, and says why and how slow that is", () => {
    const { name, reason } = without("tfjs-node-gpu|tfjs_binding|onnxruntime-node");
    assert.equal(name, "cpu");
    assert.match(
      reason,
      /^tensorflow cannot run: .*; onnxruntime cannot run: ONNX Runtime.* does not load: its library is not there; plain JavaScript computes on 1 core, far slower/,
    );
  });

  it("adds no handler of errors to the process, by which a promise that is rejected would end a kernel", () => {
    for (const missing of ["tfjs-node-gpu|tfjs_binding", "tfjs-node-gpu|tfjs_binding|onnxruntime-node"])
      assert.equal(without(missing).handlers, 0);
  });

  it("names the device of a TensorFlow that was asked for as well", async (t) => {
    const why = await whyNot("tensorflow");
    if (why !== null) return t.skip(why);
    const { reason } = await useEngine("tensorflow");
    assert.match(reason, /^as asked for; TensorFlow 2\.\S+ computes on (CPU|GPU) \S/);
  });

  it("is told of once in a script that chooses none, however often an engine is needed", () => {
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script("")], {
      encoding: "utf8",
    });
    const [first, ...rest] = output.trim().split("\n");
    assert.match(first, /^engine: (tensorflow|onnxruntime) \(.+\)$/);
    assert.deepEqual(rest, ["loaded", "loaded"]);
  });

  it("is not told of by the kit where the script chooses, which is given the reason", () => {
    const chooses = `console.log((await useEngine("onnxruntime")).reason);`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script(chooses)], {
      encoding: "utf8",
    });
    const [reason, ...rest] = output.trim().split("\n");
    assert.match(reason, /^as asked for; ONNX Runtime \d/);
    assert.deepEqual(rest, ["loaded", "loaded"]);
  });

  it("is told to the caller's log where the call that needed it takes one", () => {
    const output = execFileSync(
      process.execPath,
      ["--import", "tsx", "-e", script("", "log: (line) => console.log('told', line)")],
      { encoding: "utf8" },
    );
    assert.match(output, /^told engine: .*\n(told newly initialised.*\n)?loaded\n/);
  });

  it("refuses an engine it does not know", async () => {
    await assert.rejects(useEngine("cuda" as EngineName), {
      name: "InputError",
      message: 'engine: expected one of auto, tensorflow, webgpu, onnxruntime, cpu, got "cuda"',
    });
  });
});

onEveryEngine("peakBytes", () => {
  it("reads the most bytes alive at once since it began, tensors freed since included", () => {
    const held = tf.ones([10]);
    const peak = peakBytes();
    const before = peak();
    tf.tidy(() => {
      const a = tf.ones([1000]);
      a.dispose();
      tf.ones([600]);
    });
    assert.equal(peak() - before, 4000);
    const later = peakBytes();
    assert.equal(later(), before);
    tf.ones([5]).dispose();
    assert.equal(later() - before, 20);
    held.dispose();
  });

  it("counts data once that several tensors share, and counts it until the last of them is gone", () => {
    const before = peakBytes()();
    const x = tf.ones([10, 10]);
    const views = [x.clone(), x.clone()];
    assert.equal(peakBytes()() - before, 400);
    x.dispose();
    assert.equal(peakBytes()() - before, 400);
    tf.dispose(views);
    assert.equal(peakBytes()() - before, 0);
  });
});
