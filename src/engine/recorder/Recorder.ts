import { FrostError } from "../../errors";
import { gigabytes } from "../../text/numbers";
import type { OnnxAttribute } from "../onnxMessages";
import { stageName } from "../stageName";
import { tellOnce } from "../tellOnce";
import { Arrays } from "./Arrays";
import type { Body, Node } from "./Node";
import type { Device, Runner } from "./Program";
import { type Call, Programs } from "./Programs";
import { Tape } from "./Tape";
import { ARRAYS, type Dtype, type Kind, type Numbers, sizeOf, Value, ZEROS } from "./Value";

/** How many operations are recorded at most before they run, though nobody has asked for a number. */
const MOST = 20_000;

/** From how many numbers on what comes of JavaScript goes to the device alone, and stays there. */
const LARGE = 2 ** 18;

/** From how many numbers on an array that was uploaded is not kept for another one. */
const RARE = 2 ** 22;

/**
 * Writes down what it is asked to compute and has it run as one program when somebody asks for a number: everything that tensors
 * wait for, at once. A program of the same structure is found again, whatever the sizes of its values.
 */
export class Recorder {
  /** Values that tensors hold and nobody has computed. */
  #wanted = new Set<Value>();
  #tape = new Tape();
  readonly #runner: Runner;
  readonly device: Device | null;
  #programs: Programs;
  #arrays = new Arrays();
  /** What is not wanted any more, but is read by operations that have yet to run. */
  #leaving: Value[] = [];
  #epoch = 0;
  #depth = 0;
  #shared = new Map<string, Value>();
  #scalars = new Map<Dtype, Map<number, Value>>();
  #onRun: ((call: Call) => void) | null = null;
  /** How many runs were of programs that nobody had to spell out. */
  replayed = 0;
  /** How often code has been asked that is not the kit's own, and may do something else each time. */
  foreign = 0;

  constructor(runner: Runner) {
    this.#runner = runner;
    this.device = runner.device;
    this.#programs = new Programs(runner);
  }

  /** Who runs programs, as people call it. */
  get title(): string {
    return this.#runner.title;
  }

  /** How many programs have been prepared so far. */
  get prepared(): number {
    return this.#programs.prepared;
  }

  /** How many programs there are now. */
  get programs(): number {
    return this.#programs.count;
  }

  // --- Values

  /** Numbers of JavaScript, which are copied: the array may change before they are read. `label` says what they are, if anything does. */
  written(
    dtype: Dtype,
    shape: number[],
    numbers: ArrayLike<number | boolean>,
    label: string | null = null,
  ): Value {
    const value = new Value(dtype, shape);
    value.label = label;
    const copy = this.#arrays.take(dtype, sizeOf(shape));
    (copy as Float32Array).set(numbers as ArrayLike<number>);
    value.numbers = copy;
    value.owned = true;
    value.literal = shape.length === 0;
    value.passing = true;
    return value;
  }

  zeros(dtype: Dtype, shape: number[]): Value {
    const value = new Value(dtype, shape);
    value.label = ZEROS;
    if (this.device && dtype === "float32" && value.size > 0) {
      value.onDevice = this.device.zeros(shape);
      return value;
    }
    value.numbers = new ARRAYS[dtype](sizeOf(shape));
    value.owned = true;
    value.literal = shape.length === 0;
    return value;
  }

  /** Numbers for one run, which `fill` writes into an array that is anybody's afterwards. */
  filled(shape: number[], label: string, fill: (numbers: Uint32Array) => void): Value {
    const value = new Value("uint32", shape);
    value.label = label;
    const numbers = this.#arrays.take("uint32", sizeOf(shape)) as Uint32Array<ArrayBuffer>;
    fill(numbers);
    value.numbers = numbers;
    value.owned = true;
    value.passing = true;
    this.#leaving.push(value);
    return value;
  }

  /** Numbers of the program itself: another program for other ones. */
  constant(dtype: Dtype, shape: number[], numbers: readonly number[]): Value {
    const value = new Value(dtype, shape);
    value.numbers = dtype === "int64" ? BigInt64Array.from(numbers, BigInt) : ARRAYS[dtype].from(numbers);
    value.constant = `${dtype}[${shape}](${numbers.map((each) => (Object.is(each, -0) ? "-0" : each))})`;
    return value;
  }

  /** A single number of the program itself: one value for as long as the recorder lives. */
  scalar(dtype: Dtype, number: number): Value {
    // A map takes -0 for 0.
    if (Object.is(number, -0)) return this.constant(dtype, [], [number]);
    let known = this.#scalars.get(dtype);
    if (!known) {
      known = new Map();
      this.#scalars.set(dtype, known);
    }
    let value = known.get(number);
    if (!value) {
      value = this.constant(dtype, [], [number]);
      known.set(number, value);
    }
    return value;
  }

  /** Sizes that may be others the next time: int64 of [sizes.length]. */
  sizes(sizes: readonly number[]): Value {
    const value = new Value("int64", [sizes.length]);
    value.epoch = this.#epoch;
    value.place = this.#tape.sizes(sizes);
    value.output = -1;
    return value;
  }

  /** The same numbers in another shape, which costs nothing where they are there; else `make` does it, once for a program. */
  reshaped(value: Value, shape: number[], make: () => Value): Value {
    if (value.viewed) return this.reshaped(value.viewed, shape, make);
    const key = String(shape);
    if (key === String(value.shape)) return value;
    return this.once(value, key, () => {
      if (value.node || value.constant !== null) return make();
      const made = new Value(value.dtype, shape);
      made.viewed = value;
      return made;
    });
  }

  /** What `make` makes of a value, once for a program. */
  once(value: Value, key: string, make: () => Value): Value {
    if (value.made?.epoch !== this.#epoch) value.made = { epoch: this.#epoch, values: new Map() };
    let made = value.made.values.get(key);
    if (!made) {
      made = make();
      value.made.values.set(key, made);
    }
    return made;
  }

  /** What several operations of one program read, made by the first that asks. */
  shared(key: string, make: () => Value): Value {
    let value = this.#shared.get(key);
    if (!value) {
      value = make();
      this.#shared.set(key, value);
    }
    return value;
  }

  // --- Recording

  /** Adds an operation, and gives its outputs. A null input is one left out. */
  record(
    type: string,
    inputs: readonly (Value | null)[],
    outputs: readonly Kind[],
    attributes: Record<string, OnnxAttribute> = {},
    { domain = "", body = null }: { domain?: string; body?: Body | null } = {},
  ): Value[] {
    const { nodes: index, outputs: first } = this.#tape;
    const node: Node = {
      index,
      type,
      domain,
      attributes,
      inputs,
      outputs: [],
      first,
      stage: stageName(),
      body,
    };
    for (const input of inputs) if (input) this.#read(input);
    for (const outer of body?.outer.values() ?? []) this.#read(outer);
    node.outputs = outputs.map(({ dtype, shape }, i) => {
      const value = new Value(dtype, shape);
      value.node = node;
      value.output = i;
      value.epoch = this.#epoch;
      return value;
    });
    this.#tape.add(node);
    return node.outputs;
  }

  #read(value: Value): void {
    if (value.failure) throw value.failure;
    if (value.node) {
      if (value.epoch !== this.#epoch)
        throw new FrostError("a value was read after the program that makes it had run");
      return;
    }
    if (value.constant !== null || value.output === -1) return;
    if (value.epoch === this.#epoch && this.#tape.inputs[value.place] === value) return;
    value.place = this.#tape.input(value);
    value.epoch = this.#epoch;
    const { numbersOf: base } = value;
    base.uses = base.usedIn === this.#epoch ? base.uses + 1 : 1;
    base.usedIn = this.#epoch;
    base.usedAt = value.place;
  }

  /** Runs `compute`, whose operations hand each other values that no tensor holds: none of them may be left behind by a run between. */
  within<Result>(compute: () => Result): Result {
    if (this.#depth === 0 && this.#tape.nodes >= MOST) this.run();
    this.#depth++;
    try {
      return compute();
    } finally {
      this.#depth--;
    }
  }

  // --- What tensors hold

  hold(value: Value, times = 1): void {
    value.refs += times;
    if (value.node) this.#wanted.add(value);
  }

  release(value: Value, times = 1): void {
    value.refs -= times;
    if (value.refs > 0) return;
    this.#wanted.delete(value);
    if (value.usedIn === this.#epoch) this.#leaving.push(value);
    else this.#discard(value);
  }

  /** `after` takes the place of `before`, in the same array where nothing stands against it; the caller moves what holds it. */
  replace(before: Value, after: Value): void {
    after.refs = before.refs;
    before.refs = 0;
    after.into = before;
    after.life = before.life;
    before.isReplaced = true;
    this.#wanted.delete(before);
    this.#leaving.push(before);
    if (after.node) this.#wanted.add(after);
  }

  /** The numbers where they lie: to be read at once, and not written. @throws FrostError where they cannot be computed */
  numbers(value: Value): Numbers {
    if (value.node) {
      this.#tellOfReading();
      this.run();
    }
    if (value.failure) throw value.failure;
    return value.onDevice ? this.device!.read(value.onDevice, value.dtype) : value.numbers!;
  }

  /** On a device a step that is cut in two by a reading waits for it. */
  #tellOfReading(): void {
    const stage = stageName().replace(/^backward of /, "");
    if (this.device && stage)
      tellOnce(
        `${this.title}: ${stage} reads numbers while it is computed: a function ends there, and what comes next is another one`,
      );
  }

  /** Has numbers lie where programs run, now. */
  upload(value: Value): void {
    const { numbers, owned, dtype, shape } = value;
    if (!this.device || !numbers || value.literal) return;
    value.onDevice = this.device.upload(dtype, shape, numbers);
    value.numbers = null;
    // A model's weights are uploaded once: their arrays would lie idle for nothing.
    if (owned && value.size < RARE) this.#arrays.giveBack(dtype, numbers);
  }

  #discard(value: Value): void {
    if (value.constant !== null) return;
    const { numbers, owned, onDevice } = value;
    value.numbers = value.onDevice = null;
    if (!value.isReplaced) value.life.isOver = true;
    if (onDevice) this.device!.release(onDevice);
    if (numbers && owned) this.#arrays.giveBack(value.dtype, numbers);
  }

  // --- Running

  /** Computes all that tensors wait for. */
  run(): void {
    const outputs = [...this.#wanted].filter(({ size }) => size > 0);
    for (const value of this.#wanted) if (value.size === 0) this.#settle(value, new ARRAYS[value.dtype](0));
    try {
      if (outputs.length > 0) this.#compute(outputs, () => this.#programs.find(this.#tape, outputs));
    } finally {
      for (const value of this.#wanted) value.node = null;
      this.#endRun([...this.#wanted]);
    }
  }

  /** Runs a program that is ready for these inputs, with nothing recorded. */
  runAgain(call: Call): void {
    this.replayed++;
    this.#programs.touch(call.program);
    try {
      this.#compute(call.outputs, () => call);
    } finally {
      this.#endRun(call.outputs);
    }
  }

  /** Whether nothing is recorded that has yet to run. */
  get isIdle(): boolean {
    return this.#wanted.size === 0 && this.#tape.nodes === 0;
  }

  #endRun(outputs: readonly Value[]): void {
    for (const value of outputs) value.into = null;
    this.#wanted.clear();
    this.#tape = new Tape();
    this.#shared.clear();
    this.#epoch++;
    for (const value of this.#leaving) if (value.refs === 0) this.#discard(value);
    this.#leaving = [];
    this.#arrays.age();
  }

  #compute(outputs: readonly Value[], find: () => Call): void {
    const tape = this.#tape;
    let hasBegun = false;
    try {
      const call = find();
      const { program } = call;
      this.#onRun?.(call);
      if (this.device) this.#uploadInputs(call);
      else
        outputs.forEach((value, i) => {
          const { into } = value;
          const inPlace = into !== null && program.inPlace[i] && into.refs === 0 && into.owned;
          this.#settle(value, inPlace ? into.numbers! : this.#arrayFor(value));
          // Its array is the output's now.
          if (inPlace) into.owned = false;
        });
      hasBegun = true;
      program.run(call);
    } catch (error) {
      const failure = this.#explained(error as Error, tape, hasBegun);
      // A device writes over what lies there once all else of the program is computed.
      const isUntouched = !hasBegun || this.device !== null;
      for (const value of outputs)
        if (!isUntouched || !keepReplaced(value))
          Object.assign(value, { failure, numbers: null, owned: false });
      throw failure;
    }
  }

  /** Has `seen` look at each run while `compute` goes on, before its inputs may be given up. */
  watchRuns<Result>(seen: (call: Call) => void, compute: () => Result): Result {
    const before = this.#onRun;
    this.#onRun = seen;
    try {
      return compute();
    } finally {
      this.#onRun = before;
    }
  }

  /** What comes anew each time is left to the runner, unless it is large. */
  #uploadInputs({ inputs }: Call): void {
    for (const { numbersOf: value } of inputs) if (!value.passing || value.size >= LARGE) this.upload(value);
  }

  /** @throws FrostError where there is no room for it, with that of idle arrays */
  #arrayFor(value: Value): Numbers {
    const { dtype, shape, size } = value;
    try {
      return this.#arrays.take(dtype, size);
    } catch {
      this.#arrays.clear();
    }
    try {
      return this.#arrays.take(dtype, size);
    } catch (error) {
      const bytes = gigabytes(size * ARRAYS[dtype].BYTES_PER_ELEMENT);
      throw new FrostError(
        `${placeOf(value.node)}: out of memory for its output [${shape}] of ${bytes} GB (${(error as Error).message})${FEWER_ROWS}`,
      );
    }
  }

  #settle(value: Value, numbers: Numbers): void {
    value.numbers = numbers;
    value.owned = true;
  }

  /** Says which part of the model an error of the runner comes from. */
  #explained(error: Error, tape: Tape, hasBegun: boolean): FrostError {
    if (error instanceof FrostError) return error;
    const { title } = this.#runner;
    const { node: index, why } = this.#runner.explain(error);
    const node = index === null ? undefined : tape.list[index];
    const advice = /alloc/i.test(why) ? FEWER_ROWS : "";
    if (node) return new FrostError(`${placeOf(node)} by ${title}: ${why}${advice}`);
    const what = hasBegun ? "" : `a program of ${tape.nodes} operations cannot be prepared: `;
    return new FrostError(`${title}: ${what}${why}${advice}`);
  }

  /**
   * Gives back what lies on the device for tensors that are gone, and the programs that served them. Others than a device's programs
   * stay for the next model of the same structure.
   */
  tidyUp(): void {
    if (!this.device) return;
    this.#programs.disposeUnused();
    this.device.free();
  }

  /** Gives the programs and their memory back. */
  dispose(): void {
    this.#programs.dispose();
  }
}

/** What a value was to replace stays in its place, if that is still there: for as long as nothing has been written over. */
function keepReplaced(value: Value): boolean {
  const { into } = value;
  if (!into || into.refs > 0 || (!into.numbers && !into.onDevice)) return false;
  value.owned = into.owned || value.numbers === into.numbers;
  value.numbers = into.numbers;
  value.onDevice = into.onDevice;
  into.owned = false;
  into.onDevice = null;
  return true;
}

const FEWER_ROWS = ": compute fewer rows at a time";

/** "encoder.layer.3: Gemm of [2, 3], [3, 4]" */
function placeOf(node: Node | null): string {
  if (!node) return "a step that is replayed";
  const { stage, type, inputs } = node;
  const sizes = inputs.map((input) => `[${input?.shape ?? ""}]`).join(", ");
  return `${stage ? `${stage}: ` : ""}${type} of ${sizes}`;
}
