// What is recorded, when it runs and where its numbers lie, whatever runs it.
import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { Recorder } from "../../../src/engine/recorder/Recorder";
import type { Value } from "../../../src/engine/recorder/Value";
import { inStage } from "../../../src/engine/stageName";
import { FakeRunner, numbersOf } from "./FakeRunner";

describe("A recorder", () => {
  let runner: FakeRunner;
  let recorder: Recorder;
  beforeEach(() => {
    runner = new FakeRunner();
    recorder = new Recorder(runner);
  });

  const held = (value: Value): Value => {
    recorder.hold(value);
    return value;
  };
  const written = (...numbers: number[]) => held(recorder.written("float32", [numbers.length], numbers));
  const scalar = (number: number) => recorder.written("float32", [], [number]);
  const op = (type: string, ...inputs: Value[]) => recorder.record(type, inputs, [inputs[0]])[0];
  const read = (value: Value) => numbersOf(recorder.numbers(value));

  it("computes nothing before a number is asked for, and then all that is wanted at once", () => {
    const [a, b] = [written(1, 2), written(3, 4)];
    const [sum, product] = [held(op("Add", a, b)), held(op("Mul", a, b))];
    assert.equal(runner.runs, 0);
    assert.deepEqual(read(sum), [4, 6]);
    assert.deepEqual(read(product), [3, 8]);
    assert.equal(runner.runs, 1);
  });

  it("copies what it is handed, which may change before it is read", () => {
    const array = Float32Array.of(1, 2);
    const a = held(recorder.written("float32", [2], array));
    array[0] = 9;
    assert.deepEqual(read(held(op("Neg", a))), [-1, -2]);
  });

  it("leaves out what nobody wants any more", () => {
    const a = written(1, 2);
    const unwanted = held(op("Neg", a));
    held(op("Add", a, a));
    recorder.release(unwanted);
    recorder.run();
    assert.deepEqual(
      runner.programs[0].nodes.map(({ type }) => type),
      ["Add"],
    );
  });

  it("computes through what is no longer held on the way", () => {
    const a = written(1, 2);
    const between = held(op("Neg", a));
    const sum = held(op("Add", between, a));
    recorder.release(between);
    recorder.release(a);
    assert.deepEqual(read(sum), [0, 0]);
  });

  it("finds a program of the same structure again, whatever the sizes and values", () => {
    const step = (...numbers: number[]) => {
      const a = written(...numbers);
      return read(held(op("Add", op("Neg", a), a)));
    };
    assert.deepEqual(step(1, 2), [0, 0]);
    assert.deepEqual(step(3, 4, 5), [0, 0, 0]);
    assert.equal(recorder.prepared, 1);
  });

  it("takes other operations, attributes, orders and wanted values for other programs", () => {
    const [a, b] = [written(1, 2), written(3, 4)];
    const programs: (() => Value[])[] = [
      () => [held(op("Add", a, b))],
      () => [held(op("Mul", a, b))],
      () => [held(op("Add", a, a))],
      () => [held(recorder.record("Add", [a, b], [a], { axis: { int: 1 } })[0])],
      () => [held(recorder.record("Add", [a, b], [a], { axis: { int: 2 } })[0])],
      () => [held(op("Add", op("Neg", a), b))],
      () => [held(op("Add", a, op("Neg", b)))],
    ];
    for (const [i, program] of programs.entries()) {
      program();
      recorder.run();
      assert.equal(recorder.prepared, i + 1);
    }
    for (const program of programs) {
      program();
      recorder.run();
    }
    assert.equal(recorder.prepared, programs.length);
  });

  it("has a number of the program stand in it until that changes, and go in from then on", () => {
    const a = written(1, 2);
    const times = (number: number) => read(held(op("Mul", a, scalar(number))));
    assert.deepEqual(times(2), [2, 4]);
    assert.deepEqual(times(2), [2, 4]);
    assert.equal(recorder.prepared, 1);
    assert.deepEqual(times(3), [3, 6]);
    assert.deepEqual(times(4), [4, 8]);
    assert.deepEqual(times(2), [2, 4]);
    assert.equal(recorder.prepared, 2);
    assert.deepEqual(
      runner.programs.map(({ inputs }) => inputs.length),
      [1, 2],
    );
    assert.equal(runner.disposed, 1);
  });

  it("has one value for each number of the program itself, and keeps 0 and -0 apart", () => {
    const number = (x: number) => recorder.scalar("float32", x);
    assert.equal(number(0.5), number(0.5));
    assert.notEqual(number(0.5), recorder.scalar("int32", 0.5));
    const a = written(1, 2);
    assert.deepEqual(read(held(op("Mul", a, number(0)))), [0, 0]);
    assert.deepEqual(read(held(op("Mul", a, number(-0)))), [-0, -0]);
    assert.deepEqual(read(held(op("Mul", a, number(0)))), [0, 0]);
    assert.equal(recorder.prepared, 2);
  });

  it("uses arrays again that nobody holds, and none that somebody does", () => {
    const a = written(1, 2);
    const first = held(op("Neg", a));
    recorder.run();
    const array = first.numbers;
    recorder.release(first);
    const second = held(op("Add", a, a));
    recorder.run();
    assert.equal(second.numbers, array);
    const third = held(op("Neg", a));
    recorder.run();
    assert.notEqual(third.numbers, array);
    assert.deepEqual(read(second), [2, 4]);
  });

  it("writes a value where the one lies that it replaces, once that has been read", () => {
    const w = written(1, 2);
    const array = w.numbers;
    const updated = op("Add", op("Neg", w), written(5, 5));
    recorder.replace(w, updated);
    assert.deepEqual(read(updated), [4, 3]);
    assert.equal(updated.numbers, array);
  });

  it("does not, where something else may still have to read it", () => {
    const w = written(1, 2);
    const array = w.numbers;
    const reader = held(op("Mul", w, w));
    const updated = op("Add", op("Neg", w), written(5, 5));
    recorder.replace(w, updated);
    assert.deepEqual(read(updated), [4, 3]);
    assert.deepEqual(read(reader), [1, 4]);
    assert.notEqual(updated.numbers, array);
  });

  it("sees the same numbers in other shapes without an operation, and keeps them as long as either is read", () => {
    const a = written(1, 2, 3, 4);
    const square = recorder.reshaped(a, [2, 2], () => assert.fail("they are there"));
    const negated = held(op("Neg", square));
    recorder.release(a);
    written(9, 9, 9, 9);
    assert.deepEqual(negated.shape, [2, 2]);
    assert.deepEqual(read(negated), [-1, -2, -3, -4]);
  });

  it("makes of a value what several read once for a program, and anew for the next", () => {
    const a = written(1, 2);
    const negated = () => recorder.once(a, "negated", () => op("Neg", a));
    const sums = [held(op("Add", negated(), a)), held(op("Mul", negated(), a))];
    assert.deepEqual(sums.map(read), [
      [0, 0],
      [-1, -4],
    ]);
    assert.deepEqual(
      runner.programs[0].nodes.map(({ type }) => type),
      ["Neg", "Add", "Mul"],
    );
    assert.deepEqual(read(held(op("Add", negated(), negated()))), [-2, -4]);
    const other = recorder.once(a, "twice", () => op("Add", a, a));
    assert.deepEqual(read(held(other)), [2, 4]);
  });

  it("says of each value that a failed run was to make why it is not there, and goes on with others", () => {
    const a = written(1, 2);
    const failed = inStage("encoder.layer.3", () => held(op("Neg", a)));
    runner.failure = new Error("node 0 has no room");
    const message = "encoder.layer.3: Neg of [2] by a fake: node 0 has no room";
    assert.throws(() => read(failed), { name: "FrostError", message });
    assert.throws(() => read(failed), { message });
    assert.throws(() => op("Neg", failed), { message });
    recorder.release(failed);
    assert.deepEqual(read(held(op("Neg", a))), [-1, -2]);
  });

  it("says what could not be prepared, and prepares it the next time", () => {
    const a = written(1, 2);
    const failed = held(op("Neg", a));
    runner.refusal = new Error("std::bad_alloc");
    const message =
      "a fake: a program of 1 operations cannot be prepared: std::bad_alloc: compute fewer rows at a time";
    assert.throws(() => read(failed), { name: "FrostError", message });
    assert.throws(() => read(failed), { message });
    assert.deepEqual(read(held(op("Neg", a))), [-1, -2]);
    assert.equal(recorder.prepared, 1);
  });

  it("names the output for which there is no room, gives idle arrays up, and goes on", () => {
    const a = written(1, 2);
    const idle = held(op("Neg", a));
    recorder.run();
    const array = idle.numbers;
    recorder.release(idle);
    const large = inStage("encoder.layer.3", () =>
      held(recorder.record("Expand", [a], [{ dtype: "float32", shape: [1e6, 1e6] }])[0]),
    );
    assert.throws(() => read(large), {
      name: "FrostError",
      message:
        "encoder.layer.3: Expand of [2]: out of memory for its output [1000000,1000000] of 4000.0 GB (Invalid typed array length: 1000000000000): compute fewer rows at a time",
    });
    recorder.release(large);
    const next = held(op("Neg", a));
    assert.deepEqual(read(next), [-1, -2]);
    assert.notEqual(next.numbers, array);
  });

  it("leaves what was to be replaced as it was, where a program does not come to run", () => {
    const [w, m] = [written(1, 2), written(3, 4)];
    const arrays = [w.numbers, m.numbers];
    const update = (...more: Value[]) => {
      const made = [op("Neg", w), op("Add", m, op("Neg", m))];
      recorder.replace(w, made[0]);
      recorder.replace(m, made[1]);
      assert.throws(() => recorder.run());
      for (const value of more) recorder.release(value);
      return made;
    };
    const [large] = recorder.record("Expand", [w], [{ dtype: "float32", shape: [1e6, 1e6] }]);
    const made = update(held(large));
    assert.deepEqual(made.map(read), [
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(
      made.map(({ numbers }) => numbers),
      arrays,
    );
    // They are as good as any others: written over in place.
    const updated = op("Add", op("Neg", made[0]), written(0, 0));
    recorder.replace(made[0], updated);
    assert.deepEqual(read(updated), [-1, -2]);
    assert.equal(updated.numbers, arrays[0]);
  });

  it("runs by itself where much is recorded and nothing read, but not between what belongs together", () => {
    const a = written(1, 2);
    let sum = held(op("Add", a, a));
    for (let i = 0; i < 30_000; i++)
      sum = recorder.within(() => {
        const next = held(op("Add", op("Neg", sum), a));
        recorder.release(sum);
        return next;
      });
    assert.equal(runner.runs, 2);
    assert.equal(read(sum).length, 2);
  });

  it("gives its programs' memory back, the ones that were used last at the end", () => {
    const a = written(1, 2);
    for (let axis = 0; axis < 60; axis++) {
      held(recorder.record("Neg", [a], [a], { axis: { int: axis } })[0]);
      recorder.run();
    }
    assert.equal(runner.disposed, 12);
    held(recorder.record("Neg", [a], [a], { axis: { int: 59 } })[0]);
    recorder.run();
    assert.equal(recorder.prepared, 60);
    recorder.dispose();
    assert.equal(runner.disposed, 60);
  });
});
