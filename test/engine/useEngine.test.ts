import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { peakBytes } from "../../src/engine/peakBytes";
import { type EngineName, ensureEngine, useEngine, whyNot } from "../../src/engine/useEngine";
import { gelu } from "../../src/ops/gelu/gelu";
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
    const engine = await useEngine("wasm");
    assert.equal(tf.getBackend(), "wasm");
    assert.equal(engine.name, "wasm");
    assert.match(engine.reason, /^as asked for; products by /);
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

  it("falls back to wasm where neither loads", () => {
    const { name, reason, handlers } = without("tfjs-node-gpu|tfjs_binding|onnxruntime-node");
    assert.equal(handlers, 0, "the wasm runtime's rethrowing handlers would end a kernel");
    assert.equal(name, "wasm");
    assert.match(
      reason,
      /^tensorflow cannot run: .*; onnxruntime cannot run: .*; products by the kit's own kernel/,
    );
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
    const chooses = `console.log((await useEngine("wasm")).reason);`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script(chooses)], {
      encoding: "utf8",
    });
    const [reason, ...rest] = output.trim().split("\n");
    assert.match(reason, /^as asked for; products by /);
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
      message: 'engine: expected one of auto, tensorflow, webgpu, onnxruntime, wasm, cpu, got "cuda"',
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
    tf.dispose(gelu(tf.ones([4]))); // from here on wasm shares clones as well
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
