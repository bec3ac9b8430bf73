// What a recorded step is run again with, and when it is not: training/replays.test.ts says that training comes to the same.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { type Made, Replays, type StepInputs } from "../../../src/engine/recorder/Replays";
import {
  asksForeignCode,
  computeNow,
  fixed,
  type recording,
  stepInput,
} from "../../../src/engine/recorder/recording";
import { useEngine } from "../../../src/engine/useEngine";
import { enginesHere } from "../../enginesHere";

const { why } = enginesHere().onnxruntime;

/** A step whose inputs are arrays by name. */
const given = (arrays: Record<string, number[]>): StepInputs => ({
  nameOf: (label) => (label in arrays ? label : null),
  numbersOf: (name) => arrays[name],
});

describe("Replays", { skip: why ?? false }, () => {
  before(() => useEngine("onnxruntime"));
  let replays: Replays<string>;
  let weight: tf.Tensor1D;
  beforeEach(() => {
    replays = new Replays();
    weight = tf.tensor1d([10, 20]);
    computeNow();
  });
  afterEach(() => weight.dispose());

  const float = (name: string, numbers: number[]) => stepInput(name, tf.tensor1d(numbers));
  /** Weight plus x, in steps of which each has its own x: what comes out, and whether it was run again. */
  const times = (
    xs: readonly number[][],
    compute: (x: number[]) => tf.Tensor = (x) => tf.add(weight, float("x", x)),
    formOf: (x: number[]) => string = (x) => `${x.length}`,
    tensors: () => tf.Tensor[] = () => [weight],
  ) =>
    xs.map((x) => {
      const step = (): Made<string> => ({ results: [tf.tidy(() => compute(x))], notes: ["noted"] });
      const { results, notes, replayed } = replays.run(formOf(x), tensors(), given({ x }), step);
      assert.deepEqual(notes, ["noted"]);
      const numbers = [...results[0].dataSync()];
      results[0].dispose();
      return { numbers, replayed };
    });
  const thrice = [[1, 2], [3, 4], [5, 6]]; // biome-ignore format: a row of steps
  const repeated = (steps: { replayed: boolean }[]) => steps.map(({ replayed }) => replayed);

  it("run a step for the third time from what it read by name, without its code", () => {
    assert.deepEqual(times(thrice), [
      { numbers: [11, 22], replayed: false },
      { numbers: [13, 24], replayed: false },
      { numbers: [15, 26], replayed: true },
    ]);
  });

  it("read tensors as they are now, also in another shape", () => {
    const [, , third] = times(thrice, (x) => {
      const matrix = tf.reshape(weight, [1, 2]);
      return tf.add(tf.sum(matrix), float("x", x));
    });
    assert.deepEqual(third, { numbers: [35, 36], replayed: true });
    weight.dispose();
    weight = tf.tensor1d([100, 200]);
    assert.deepEqual(
      times([[1, 2]], () => assert.fail("spelled out")),
      [{ numbers: [301, 302], replayed: true }],
    );
  });

  it("write over a tensor where it lies, unless another one holds its numbers", () => {
    const { graph } = tf.backend() as unknown as { graph: NonNullable<ReturnType<typeof recording>> };
    const update = (x: number[]) => {
      const after = graph.op("Add", [weight, float("x", x)]);
      graph.replace(weight, after);
      return { results: [], notes: [] };
    };
    const run = (x: number[]) =>
      replays.run("update", [weight], given({ x }), () => tf.tidy(() => update(x))).replayed;
    assert.deepEqual(thrice.map(run), [false, false, true]);
    assert.deepEqual([...weight.dataSync()], [19, 32]);
    const snapshot = weight.clone();
    assert.equal(run([1, 1]), false);
    assert.deepEqual([...snapshot.dataSync()].length, 2);
    snapshot.dispose();
  });

  it("lay each form out by itself", () => {
    const steps = times([[1, 2], [1], [3, 4], [2], [5, 6], [3]]); // biome-ignore format: two forms in turns
    assert.deepEqual(repeated(steps), [false, false, false, false, true, true]);
    assert.deepEqual(steps[5].numbers, [13, 23]);
  });

  it("never run what reads numbers that nobody has named, be they the same ten times", () => {
    const steps = times(new Array(10).fill([1, 2]), (x) => tf.add(weight, tf.tensor1d(x)));
    assert.ok(repeated(steps).every((replayed) => !replayed));
  });

  it("never run what asks code that is not the kit's", () => {
    const steps = times(new Array(10).fill([1, 2]), (x) => {
      asksForeignCode();
      return tf.add(weight, float("x", x));
    });
    assert.ok(repeated(steps).every((replayed) => !replayed));
  });

  it("never run what reads numbers on its way, which is two programs", () => {
    const steps = times(new Array(10).fill([1, 2]), (x) => {
      const [first] = tf.add(weight, float("x", x)).dataSync();
      return tf.mul(weight, float("x", [first, first]));
    });
    assert.ok(repeated(steps).every((replayed) => !replayed));
  });

  it("take numbers that follow from the form, and single ones, only while they stay what they were", () => {
    let factor = 2;
    const compute = (x: number[]) => tf.add(tf.mul(fixed(tf.tensor1d([factor, 3])), 0.5), float("x", x));
    assert.deepEqual(times(thrice, compute)[2], { numbers: [6, 7.5], replayed: true });
    replays = new Replays();
    const steps = times([...thrice, [0, 0], [0, 0], [0, 0]], (x) => {
      factor = x[0] < 3 ? 2 : 4;
      return compute(x);
    });
    // The second is not like the first, and what comes last is no third of a kind.
    assert.deepEqual(repeated(steps), [false, false, false, true, true, true]);
  });

  it("spell a step out whose ids are beyond the table, as the first was", () => {
    const ids = (x: number[]) => tf.gather(weight, stepInput("x", tf.tensor1d(x, "int32")));
    assert.deepEqual(times([[0, 1], [1, 1], [1, 0]], ids)[2], { numbers: [20, 10], replayed: true }); // biome-ignore format: steps
    assert.throws(() => times([[0, 2]], ids), /gather: expected ids from 0 to 1, got 2 in row 1/);
  });

  it("spell a step out whose tensors share what they did not share", () => {
    const other = tf.tensor1d([1, 1]);
    computeNow();
    let second: tf.Tensor = other;
    const run = (x: number[]) =>
      times(
        [x],
        (x) => tf.add(tf.add(weight, second), float("x", x)),
        undefined,
        () => [weight, second],
      )[0];
    assert.deepEqual(thrice.map(run)[2], { numbers: [16, 27], replayed: true });
    second = weight.clone();
    assert.deepEqual(run([0, 0]), { numbers: [20, 40], replayed: false });
    tf.dispose([other, second]);
  });

  it("leave nothing behind, and do nothing where FROSTKIT_REPLAY=0 says so", () => {
    const { numTensors } = tf.memory();
    times([...thrice, ...thrice]);
    assert.equal(tf.memory().numTensors, numTensors);
    process.env.FROSTKIT_REPLAY = "0";
    try {
      assert.deepEqual(repeated(times(thrice)), [false, false, false]);
    } finally {
      delete process.env.FROSTKIT_REPLAY;
    }
  });
});
