// What is true of engine onnxruntime alone; that it computes what the others compute, their common tests say.
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import * as tf from "@tensorflow/tfjs-core";
import { recording } from "../../../src/engine/recorder/recording";
import { ensureEngine, useEngine } from "../../../src/engine/useEngine";
import { Parameter } from "../../../src/nn/Parameter";
import { Pass } from "../../../src/nn/Pass";
import { drawn } from "../../../src/ops/drawn";
import { fineTune } from "../../../src/training/fineTune";
import { assertClose } from "../../close";
import { enginesHere } from "../../enginesHere";
import { readAll } from "../../readAll";
import { loadTiny, tinyWithDropout, toyRows } from "../../training/toyData";
import { LATER_VERSIONS, missingRuntime, wrappedRuntime } from "./changedRuntime";

const { why } = enginesHere().onnxruntime;
const TRAINING = { epochs: 2, batchSize: 5, learningRate: 3e-3, seed: 3 };
const prepared = () => recording()!.recorder.prepared;

describe("Engine onnxruntime", { skip: why ?? false }, () => {
  before(() => useEngine("onnxruntime"));

  it("says which version computes, for people and for records", async () => {
    const { name, reason, versions } = await useEngine("onnxruntime");
    assert.equal(name, "onnxruntime");
    assert.match(reason, /^as asked for; ONNX Runtime \d+\.\d+\.\d+ computes on \d+ cores?$/);
    assert.match(versions.onnxruntime, /^\d+\.\d+\.\d+$/);
    assert.equal((await ensureEngine()).name, "onnxruntime");
  });

  it("computes when a number is read, everything that was asked for until then at once", () => {
    tf.tidy(() => {
      const a = tf.tensor1d([1, 2]);
      const sums = Array.from({ length: 5 }, (_, i) => tf.add(a, tf.tensor1d([i, i])));
      const before = prepared();
      assert.deepEqual([...sums[4].dataSync()], [5, 6]);
      assert.deepEqual([...sums[0].dataSync()], [1, 2]);
      assert.equal(prepared(), before + 1);
    });
  });

  it("adds rows up into a large table by one program, however many rows there are", () => {
    const sums = (...ids: number[]) =>
      tf.tidy(() => [
        ...tf.unsortedSegmentSum(tf.ones([ids.length, 1]), tf.tensor1d(ids, "int32"), 10_000).dataSync(),
      ]);
    const filled = (numbers: number[]) => numbers.flatMap((x, id) => (x === 0 ? [] : [[id, x]]));
    assert.deepEqual(filled(sums(9999, 0, 9999)), [
      [0, 1],
      [9999, 2],
    ]);
    const before = prepared();
    assert.deepEqual(filled(sums(5, 5, 5, 0, 7)), [
      [0, 1],
      [5, 3],
      [7, 1],
    ]);
    assert.equal(prepared(), before);
  });

  it("reads an array as it was when the tensor was made of it", () => {
    tf.tidy(() => {
      const array = Float32Array.of(1, 2);
      const tensor = tf.tensor1d(array);
      array.fill(7);
      assert.deepEqual([...tf.neg(tensor).dataSync()], [-1, -2]);
    });
  });

  it("hands out numbers that may be changed without changing the tensor", () => {
    tf.tidy(() => {
      const tensor = tf.add(tf.tensor1d([1, 2]), 1);
      tensor.dataSync().fill(9);
      assert.deepEqual([...tf.neg(tensor).dataSync()], [-2, -3]);
    });
  });

  it("takes tensors from other engines, and gives them back", async () => {
    const a = tf.tensor1d([1, 2]);
    const same = a.clone();
    const sum = tf.add(a, 1);
    await useEngine("cpu");
    assert.deepEqual([...tf.mul(sum, same).dataSync()], [2, 6]);
    const product = tf.mul(same, 3);
    await useEngine("onnxruntime");
    assert.deepEqual([...tf.add(product, a).dataSync()], [4, 8]);
    tf.dispose([a, same, sum, product]);
  });

  it("carries texts, and refuses to compute with them", () => {
    tf.tidy(() => {
      const texts = tf.tensor1d(["a", "b"]);
      assert.deepEqual(texts.dataSync(), ["a", "b"]);
      assert.throws(() => tf.tile(texts, [2]), /computes with numbers, and got a tensor of texts/);
    });
  });

  it("says which part of the model an error comes from, forward and backward, though it shows only when a number is read", () => {
    const ids = () => tf.add(tf.tensor1d([2, 1], "int32"), tf.scalar(1, "int32"));
    tf.tidy(() => {
      const pass = new Pass();
      const value = pass.scope("embeddings", () => pass.input(tf.gather(drawn("x", 3, 4), ids())));
      assert.throws(() => value.tensor.dataSync(), {
        name: "FrostError",
        message: /^embeddings: Gather of \[3,4\], \[2\] by ONNX Runtime: .*out of data bounds/,
      });
    });
    const weight = new Parameter("weight", drawn("w", 3, 4));
    const gradients = tf.tidy(() => {
      const pass = new Pass({ recording: true });
      const y = pass.scope("block 1", () =>
        pass.record({
          output: tf.sum(weight.value),
          inputs: { weight },
          backward: () => ({ weight: tf.gather(weight.value, ids()) }),
        }),
      );
      return [...pass.backward(y).values()];
    });
    assert.throws(() => gradients[0].dataSync(), { message: /^backward of block 1: Gather of / });
    tf.dispose(gradients);
    weight.dispose();
  });

  it("names what there is no memory for, an output or what lies between, with what to do, and goes on", () => {
    tf.tidy(() => {
      const [column, row] = [tf.ones([1e6, 1]), tf.ones([1, 1e6])];
      const pass = new Pass();
      const outer = () => pass.scope("block 2", () => pass.input(tf.add(column, row))).tensor;
      assert.throws(() => outer().dataSync(), {
        name: "FrostError",
        message:
          /^block 2: Add of \[1000000,1\], \[1,1000000\]: out of memory for its output \[1000000,1000000\] of 4000\.0 GB \(.*\): compute fewer rows at a time$/,
      });
      const sum = tf.tidy(() => tf.sum(outer()));
      assert.throws(() => sum.dataSync(), {
        name: "FrostError",
        message:
          /^block 2: Add of \[1000000,1\], \[1,1000000\] by ONNX Runtime: Failed to allocate memory .*: compute fewer rows at a time$/,
      });
      assert.deepEqual([...tf.neg(tf.tensor1d([1])).dataSync()], [-1]);
    });
  });

  it("goes on after an error with what does not depend on it", () => {
    tf.tidy(() => {
      const broken = tf.gather(drawn("x", 3, 4), tf.add(tf.tensor1d([2], "int32"), tf.scalar(1, "int32")));
      assert.throws(() => broken.dataSync());
      assert.throws(() => tf.neg(broken).dataSync(), /out of data bounds/);
      assert.deepEqual([...tf.neg(tf.tensor1d([1])).dataSync()], [-1]);
    });
  });

  /** A step on texts of each of these lengths, the last one of another number of texts. */
  const lossesOf = async (epochs: number): Promise<number[]> => {
    const model = await loadTiny(tinyWithDropout());
    const losses: number[] = [];
    for await (const event of fineTune(model, { train: toyRows(24) }, { ...TRAINING, epochs }))
      if (event.type === "step") losses.push(event.loss);
    model.dispose();
    return losses;
  };

  it("needs no more programs for batches of other lengths: at most 4 for a whole run, and none for the next one", async () => {
    const first = prepared();
    const losses = await lossesOf(3);
    const made = prepared() - first;
    assert.ok(made <= 4, `${made} programs`);
    const again = prepared();
    assert.deepEqual(await lossesOf(3), losses, "the same seed, the same bits");
    assert.equal(prepared(), again);
  });

  it("gives the losses of plain JavaScript, dropout's masks included", async () => {
    const here = await lossesOf(2);
    await useEngine("cpu");
    const there = await lossesOf(2);
    await useEngine("onnxruntime");
    assertClose(here, there, 2e-5);
  });

  it("trains in threads and processes of their own as here, all at the same time", async () => {
    const source = (name: string) => JSON.stringify(join(__dirname, "../../../", name));
    // A thread runs its code as CommonJS, a process takes it as an argument; both end with the losses as text.
    const script = `
      require("tsx/cjs");
      const { useEngine } = require(${source("src/engine/useEngine")});
      const { fineTune } = require(${source("src/training/fineTune")});
      const { loadTiny, tinyWithDropout, toyRows } = require(${source("test/training/toyData")});
      (async () => {
        await useEngine("onnxruntime");
        const model = await loadTiny(tinyWithDropout());
        const losses = [];
        for await (const event of fineTune(model, { train: toyRows(24) }, ${JSON.stringify(TRAINING)}))
          if (event.type === "step") losses.push(event.loss);
        tell(JSON.stringify(losses));
      })();`;
    const inThread = async (): Promise<string> => {
      const tell = `const tell = (text) => require("node:worker_threads").parentPort.postMessage(text);`;
      const worker = new Worker(tell + script, { eval: true });
      const [text] = await once(worker, "message");
      await once(worker, "exit");
      return text;
    };
    const inProcess = async (): Promise<string> => {
      const args = ["-e", `const tell = console.log; ${script}`];
      return (await promisify(execFile)(process.execPath, args)).stdout;
    };
    const [here, ...others] = await Promise.all([lossesOf(2), inThread(), inThread(), inProcess()]);
    assert.equal(here.length, 10);
    for (const text of others) assert.deepEqual(JSON.parse(text), here);
  });

  it("trains two models in turns, each as if it were alone", async () => {
    const train = toyRows(16);
    const start = async (seed: number) => {
      const model = await loadTiny(tinyWithDropout(), { seed });
      const run = fineTune(model, { train }, { epochs: 2, batchSize: 4, learningRate: 3e-3, seed });
      return { model, run: run[Symbol.asyncIterator]() };
    };
    const alone: number[][] = [];
    for (const seed of [1, 2]) {
      const { model, run } = await start(seed);
      const losses: number[] = [];
      for await (const event of { [Symbol.asyncIterator]: () => run })
        if (event.type === "step") losses.push(event.loss);
      alone.push(losses);
      model.dispose();
    }
    const both = [await start(1), await start(2)];
    const turns: number[][] = [[], []];
    for (let open = true; open; ) {
      open = false;
      for (const [i, { run }] of both.entries()) {
        const { done, value } = await run.next();
        if (done) continue;
        open = true;
        if (value?.type === "step") turns[i].push(value.loss);
      }
    }
    for (const { model } of both) model.dispose();
    assert.deepEqual(turns, alone);
  });

  it("holds no more memory after many steps than after a few", async () => {
    const model = await loadTiny();
    readAll(model);
    const train = toyRows(64);
    const memory: number[] = [];
    const run = fineTune(model, { train }, { epochs: 12, batchSize: 4, learningRate: 1e-3, seed: 1 });
    for await (const event of run) if (event.type === "step") memory.push(process.memoryUsage().arrayBuffers);
    model.dispose();
    const largest = (from: number, to: number) => Math.max(...memory.slice(from, to));
    assert.ok(memory.length === 192);
    assert.ok(
      largest(96, 192) < 1.5 * largest(16, 96) + 2 ** 20,
      `${largest(16, 96)}, then ${largest(96, 192)} bytes`,
    );
  });
});

describe("A fresh process on engine onnxruntime", { skip: why ?? false }, () => {
  /** What it says and computes after `change`. */
  const changed = (change: string): { why: string | null; numbers: number[]; updated: number[] } => {
    const source = (name: string) => JSON.stringify(join(__dirname, "../../../src", name));
    const script = `
      const need = require("node:module").createRequire(require.resolve("@huggingface/transformers"));
      ${change}
      const { useEngine, whyNot } = require(${source("engine/useEngine")});
      const { adamWUpdate } = require(${source("ops/adamW/adamWUpdate")});
      const { computeNow } = require(${source("engine/recorder/recording")});
      const tf = require("@tensorflow/tfjs-core");
      (async () => {
        const why = await whyNot("onnxruntime");
        if (why !== null) return console.log(JSON.stringify({ why }));
        await useEngine("onnxruntime");
        const a = tf.tensor1d([1, 2, 3]);
        const numbers = [...tf.mul(tf.add(a, a), 2).dataSync()];
        const state = { value: a, mean: tf.zerosLike(a), square: tf.zerosLike(a) };
        const settings = { learningRate: 0.5, weightDecay: 0, betas: [0, 0], eps: 0, step: 1, gradientScale: 1 };
        const [{ value }] = adamWUpdate([{ state, gradient: tf.ones([3]), settings }]);
        computeNow();
        console.log(JSON.stringify({ why, numbers, updated: [...value.dataSync()] }));
      })();`;
    return JSON.parse(
      execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" }),
    );
  };
  const right = { why: null, numbers: [4, 8, 12], updated: [0.5, 1.5, 2.5] };

  it("computes without copies by the version that is installed: look at OnnxRuntime.ts where this fails after an update", () => {
    const told = changed(
      wrappedRuntime(`
        if (!("stop" in fetches)) throw new Error("it fetches");
        try { super.run(feeds, fetches, options); } catch (error) { throw error; }
        throw new Error("onnxruntime-node now takes sequences");`),
    );
    assert.deepEqual(told, right);
  });

  it("computes by a version that takes sequences, refuses them in other words, or hands outputs out in arrays of its own", () => {
    for (const run of [
      ...LATER_VERSIONS,
      `if ("stop" in fetches) throw new Error("no sequences, please");
       return super.run(feeds, Object.fromEntries(Object.keys(fetches).map((name) => [name, null])), options);`,
    ])
      assert.deepEqual(changed(wrappedRuntime(run)), right);
  });

  it("refuses, with the reason, where ONNX Runtime does not load or computes wrong", () => {
    assert.match(changed(missingRuntime).why!, /does not load: libonnxruntime\.so\.1: cannot open$/);
    const { why } = changed(
      wrappedRuntime("for (const each of Object.values(fetches)) each?.data.fill(0); return fetches;"),
    );
    assert.match(why!, /^a trial product came out wrong: expected 1,4,9, got 0,0,0$/);
  });

  it("loads nothing of ONNX Runtime where another engine is asked for", () => {
    const script = `
      const { useEngine } = require(${JSON.stringify(join(__dirname, "../../../src/index"))});
      const loaded = () => Object.keys(require.cache).filter((file) => /onnxruntime-(node|common)/.test(file));
      useEngine("cpu").then(() => console.log(JSON.stringify(loaded())));`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(output), []);
  });
});
