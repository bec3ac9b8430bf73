import type * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "./Graph";
import type { Call, Found } from "./Programs";
import { computeNow, recording } from "./recording";
import { FIXED, type Kind, type Numbers, sizeOf, Value, ZEROS } from "./Value";

/** The numbers of JavaScript that are others each time. */
export interface StepInputs {
  /** The name by which a later step finds what one has recorded under a label; null where it has none. */
  nameOf(label: string): string | null;
  numbersOf(name: string): ArrayLike<number>;
}

/** What a step computes: tensors, and whatever else belongs to its form. */
export interface Made<Item> {
  results: tf.Tensor[];
  notes: readonly Item[];
}

/** Where the numbers of an input come from, each time anew. */
type Origin =
  /** One of the tensors that the step was told of. */
  | ({ from: "tensor"; index: number; literal: boolean } & Kind)
  /** An array of the step, by name; ids are `below` a limit. */
  | ({ from: "step"; name: string; below: number | null } & Kind)
  | ({ from: "zeros" } & Kind)
  /** Numbers that follow from the form. */
  | { from: "form"; value: Value };

/** What a step leaves: an output in a shape, one of the tensors as it was, or numbers that follow from the form. */
type Result = { output: number; shape: number[] } | { tensor: number } | { value: Value };

/** A step as it was run: one call of a program. */
interface Step<Item> {
  program: Found;
  origins: Origin[];
  /** Which origin each input of the program has, and in which other shape where that is not its own. */
  inputs: { origin: number; shape: number[] | null }[];
  sizes: BigInt64Array<ArrayBuffer> | null;
  /** What comes of it, and the tensor whose value that replaces, if one. */
  outputs: (Kind & { replaces: number | null })[];
  results: Result[];
  /** Of each tensor, the first that has its data. */
  sharing: number[];
  notes: readonly Item[];
}

interface Entry<Item> {
  step: Step<Item> | null;
  /** Whether it was recorded twice, both times the same. */
  isSure: boolean;
  refused: number;
}

/** How many forms are remembered, and after how many refusals in a row one is not looked at any more. */
const MOST = 64;
const REFUSALS = 3;

/**
 * Steps that were spelled out, to be run again without that. What has run twice in one form, the same both times, runs the third time
 * from its program: JavaScript only fills in the arrays that change. All that a step reads has to be accounted for: tensors it is told
 * of, arrays of the step by name, numbers that follow from its form. A step that reads anything else, runs as more than one program, or
 * asks the user's own code is spelled out each time, and so is one whose tensors do not lie as they did.
 */
export class Replays<Item> {
  #entries = new Map<string, Entry<Item>>();

  /** Whether the engine in use records what it computes, so that a step can be run again; FROSTKIT_REPLAY=0 forbids it. */
  get arePossible(): boolean {
    return process.env.FROSTKIT_REPLAY !== "0" && recording() !== null;
  }

  /**
   * What `compute` makes, by itself or by a program that did the same before. `form` tells all that decides what it does, but for
   * `tensors` and `inputs`; everything it leaves for later is among its results, or takes the place of one of `tensors` where that lies.
   */
  run(
    form: string,
    tensors: readonly tf.Tensor[],
    inputs: StepInputs,
    compute: () => Made<Item>,
  ): Made<Item> & { replayed: boolean } {
    const graph = this.arePossible ? recording() : null;
    const entry = this.#entries.get(form) ?? { step: null, isSure: false, refused: 0 };
    if (!graph || entry.refused >= REFUSALS) return { ...compute(), replayed: false };
    this.#remember(form, entry);
    // What waits belongs to no step.
    computeNow();
    const { step, isSure } = entry;
    const results = step && isSure ? this.#replay(entry, step, graph, tensors, inputs) : null;
    if (results) return { results, notes: step!.notes, replayed: true };
    const { made, step: next } = recorded(graph, tensors, inputs, compute);
    entry.isSure = step !== null && next !== null && isSame(step, next);
    entry.step = next;
    entry.refused = next ? 0 : entry.refused + 1;
    return { ...made, replayed: false };
  }

  #remember(form: string, entry: Entry<Item>): void {
    this.#entries.delete(form);
    this.#entries.set(form, entry);
    if (this.#entries.size > MOST) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** Null where the step has to be spelled out: nothing was changed then. */
  #replay(
    entry: Entry<Item>,
    step: Step<Item>,
    graph: Graph,
    tensors: readonly tf.Tensor[],
    inputs: StepInputs,
  ): tf.Tensor[] | null {
    const values = tensors.map((tensor) => graph.value(tensor).numbersOf);
    if (!fits(step, tensors, values)) return null;
    const { recorder } = graph;
    const own: Value[] = [];
    const ownOf = (value: Value) => {
      recorder.hold(value);
      own.push(value);
      return value;
    };
    try {
      const origins: Value[] = [];
      for (const origin of step.origins) {
        if (origin.from === "tensor") origins.push(values[origin.index]);
        else if (origin.from === "form") origins.push(origin.value);
        else if (origin.from === "zeros") origins.push(ownOf(recorder.zeros(origin.dtype, origin.shape)));
        else {
          const numbers = inputs.numbersOf(origin.name);
          if (!isTaken(numbers, origin)) return null;
          origins.push(ownOf(recorder.written(origin.dtype, origin.shape, numbers)));
        }
      }
      const call: Call = {
        program: step.program,
        inputs: step.inputs.map(({ origin, shape }) => viewed(origins[origin], shape)),
        sizes: step.sizes,
        outputs: step.outputs.map(({ dtype, shape }) => new Value(dtype, shape)),
      };
      if (!step.program.isReady(call.inputs)) return null;
      step.outputs.forEach(({ replaces }, i) => {
        if (replaces !== null) graph.replace(tensors[replaces], call.outputs[i]);
      });
      try {
        recorder.runAgain(call);
      } catch (error) {
        entry.step = null;
        // Where nothing has been written over the step can be spelled out, whose errors say where they arose.
        if (recorder.device || step.outputs.every(({ replaces }) => replaces === null)) return null;
        throw error;
      }
      return step.results.map((result) => {
        if ("tensor" in result) return tensors[result.tensor];
        if ("output" in result) return graph.tensor(call.outputs[result.output], result.shape);
        const { dtype, shape, numbers } = result.value;
        return graph.tensor(recorder.written(dtype, shape, numbers as Float32Array, FIXED));
      });
    } finally {
      for (const value of own) recorder.release(value);
    }
  }
}

/** Whether tensors lie as they did when the step was recorded. */
function fits<Item>(
  { origins, outputs, sharing }: Step<Item>,
  tensors: readonly tf.Tensor[],
  values: readonly Value[],
): boolean {
  const shared = sharingOf(values);
  return (
    shared.length === sharing.length &&
    shared.every((first, i) => first === sharing[i]) &&
    origins.every((origin) => origin.from !== "tensor" || isAsBefore(values[origin.index], origin)) &&
    outputs.every(({ replaces }) => replaces === null || isReplaceable(tensors[replaces], values[replaces]))
  );
}

const isAsBefore = (value: Value, { dtype, shape, literal }: Kind & { literal: boolean }): boolean =>
  value.dtype === dtype &&
  value.literal === literal &&
  isEqual(value.shape, shape) &&
  value.constant === null &&
  value.failure === null;

/** Whether a tensor alone holds its value, and in no other shape. */
const isReplaceable = ({ shape }: tf.Tensor, value: Value): boolean =>
  value.refs === 1 && isEqual(value.shape, shape);

function sharingOf(values: readonly Value[]): number[] {
  const first = new Map<Value, number>();
  return values.map((value, i) => {
    if (!first.has(value)) first.set(value, i);
    return first.get(value)!;
  });
}

function isTaken(numbers: ArrayLike<number>, { shape, below }: Kind & { below: number | null }): boolean {
  if (numbers.length !== sizeOf(shape)) return false;
  if (below === null) return true;
  for (let i = 0; i < numbers.length; i++) if (!(numbers[i] >= 0 && numbers[i] < below)) return false;
  return true;
}

function viewed(value: Value, shape: number[] | null): Value {
  if (!shape) return value;
  const view = new Value(value.dtype, shape);
  view.viewed = value;
  return view;
}

/** What `compute` makes, computed, and as a step where it can be run again. */
function recorded<Item>(
  graph: Graph,
  tensors: readonly tf.Tensor[],
  inputs: StepInputs,
  compute: () => Made<Item>,
): { made: Made<Item>; step: Step<Item> | null } {
  const { recorder } = graph;
  const values = tensors.map((tensor) => graph.value(tensor).numbersOf);
  const asked = recorder.foreign;
  const runs: (Omit<Step<Item>, "results" | "notes"> | null)[] = [];
  let outputs: readonly Value[] = [];
  const made = recorder.watchRuns(
    (call) => {
      runs.push(runs.length > 0 ? null : asStep(call, values, inputs));
      outputs = call.outputs;
    },
    () => {
      const made = compute();
      computeNow();
      return made;
    },
  );
  const [run] = runs;
  if (runs.length !== 1 || !run || recorder.foreign !== asked) return { made, step: null };
  const results = made.results.map((tensor): Result | null => {
    const value = graph.value(tensor);
    const output = outputs.indexOf(value.numbersOf);
    if (output >= 0) return { output, shape: tensor.shape };
    if (tensors.includes(tensor)) return { tensor: tensors.indexOf(tensor) };
    return value.label === FIXED && value.numbers ? { value: copyOf(value) } : null;
  });
  const isWhole = run.outputs.every(({ replaces }, i) =>
    replaces === null
      ? results.some((result) => result && "output" in result && result.output === i)
      : graph.value(tensors[replaces]) === outputs[i],
  );
  const known = results.filter((result) => result !== null);
  if (!isWhole || known.length < results.length) return { made, step: null };
  return { made, step: { ...run, results: known, notes: made.notes } };
}

/** A call that is about to run, whose inputs are all accounted for; null where one is not. */
function asStep<Item>(
  { program, inputs, sizes, outputs }: Call,
  tensors: readonly Value[],
  given: StepInputs,
): Omit<Step<Item>, "results" | "notes"> | null {
  const places = new Map<Value, number>();
  const origins: Origin[] = [];
  for (const { numbersOf: value } of inputs) {
    if (places.has(value)) continue;
    const origin = originOf(value, tensors.indexOf(value), given);
    if (!origin) return null;
    places.set(value, origins.push(origin) - 1);
  }
  return {
    program,
    origins,
    inputs: inputs.map((value) => ({
      origin: places.get(value.numbersOf)!,
      shape: value.viewed ? value.shape : null,
    })),
    sizes,
    outputs: outputs.map(({ dtype, shape, into }) => {
      const replaces = into ? tensors.indexOf(into) : -1;
      return { dtype, shape, replaces: replaces < 0 ? null : replaces };
    }),
    sharing: sharingOf(tensors),
  };
}

function originOf(value: Value, index: number, given: StepInputs): Origin | null {
  const { dtype, shape, label, literal, below, numbers } = value;
  if (index >= 0) return { from: "tensor", index, dtype, shape, literal };
  if (label === ZEROS) return { from: "zeros", dtype, shape };
  if (numbers && (label === FIXED || (label === null && literal)))
    return { from: "form", value: copyOf(value) };
  const name = label === null ? null : given.nameOf(label);
  return name === null ? null : { from: "step", name, below, dtype, shape };
}

/** The same numbers, which are given to each run as they are. */
function copyOf({ dtype, shape, numbers, literal, passing }: Value): Value {
  const copy = new Value(dtype, shape);
  copy.numbers = numbers!.slice() as Numbers;
  copy.literal = literal;
  copy.passing = passing;
  return copy;
}

/** Whether two steps of a form are one. */
function isSame<Item>(a: Step<Item>, b: Step<Item>): boolean {
  return (
    a.program === b.program &&
    a.notes.length === b.notes.length &&
    a.notes.every((note, i) => note === b.notes[i]) &&
    textOf(a) === textOf(b)
  );
}

/** All that is plain in a step, and the bits of its numbers, which tell -0 from 0. */
const textOf = <Item>({ program: _, notes: __, ...plain }: Step<Item>): string =>
  JSON.stringify(plain, (_key, part) => {
    if (part instanceof Value) return [part.dtype, part.shape, part.literal, part.numbers];
    return ArrayBuffer.isView(part)
      ? Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("base64")
      : part;
  });

const isEqual = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);
