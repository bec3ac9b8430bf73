import type { Node } from "./Node";
import type { Prepared, Program, ProgramNode, Runner } from "./Program";
import type { Tape } from "./Tape";
import { type Numbers, Value } from "./Value";

/** How many programs stay prepared: each has memory of its own. */
const MOST = 48;

/** One run of a program: what it reads, and what comes of it. */
export interface Call {
  program: Found;
  /** In the order of its inputs, those whose numbers stand in the graph among them. */
  inputs: readonly Value[];
  /** Those of all operations, one behind the other; null where there are none. */
  sizes: BigInt64Array<ArrayBuffer> | null;
  outputs: readonly Value[];
}

/** Programs by their structure, the one used last at the end. */
export class Programs {
  prepared = 0;
  #runner: Runner;
  #known = new Map<number, Found[]>();
  #used: Found[] = [];

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** The program that computes these outputs of what was recorded, prepared to run. */
  find(tape: Tape, outputs: readonly Value[]): Call {
    // On a device what replaces what is the runner's affair.
    tape.end(outputs, this.#runner.device === null);
    const row = tape.row.subarray(0, tape.length);
    const key = hashOf(row);
    const list = this.#known.get(key) ?? [];
    const known = list.find((each) => isEqual(each.row, row));
    const found = known ?? new Found(key, row.slice(), tape, outputs, this.#runner);
    const call = found.callOf(tape, outputs);
    if (!found.isReady(call.inputs)) {
      found.prepare(this.#runner, tape, outputs);
      this.prepared++;
    }
    if (!known) this.#known.set(key, [...list, found]);
    this.touch(found);
    return call;
  }

  get count(): number {
    return this.#used.length;
  }

  /** Disposes programs all of whose inputs, when they last ran, are gone: nobody is likely to ask for them again. */
  disposeUnused(): void {
    for (const found of this.#used.filter(({ isUnused }) => isUnused)) this.#remove(found);
  }

  #remove(found: Found): void {
    this.#used.splice(this.#used.indexOf(found), 1);
    found.dispose();
    const list = this.#known.get(found.key)!;
    list.splice(list.indexOf(found), 1);
    if (list.length === 0) this.#known.delete(found.key);
  }

  /** It was used last. */
  touch(found: Found): void {
    const at = this.#used.indexOf(found);
    if (at >= 0) this.#used.splice(at, 1);
    this.#used.push(found);
    if (this.#used.length > MOST) this.#remove(this.#used[0]);
  }

  dispose(): void {
    for (const found of this.#used) found.dispose();
    this.#used = [];
    this.#known.clear();
  }
}

/** A program and what it needs of a tape of its structure. */
export class Found {
  /** Of each output, whether it may be written where the input lies that it replaces; empty where outputs stay on a device. */
  readonly inPlace: boolean[];
  /** Places of inputs that are read, and of rows of sizes. */
  #inputs: number[];
  #sizes: number[];
  /** What inputs and outputs are called. */
  #names: string[];
  #outputs: string[];
  /** Of each of those inputs, the number that stands in the graph, or null where it goes in. */
  #literals: (number | null)[] | null = null;
  #prepared: Prepared | null = null;
  /** Of the inputs that tensors held when it last ran. */
  #lives: Value["life"][] = [];

  constructor(
    readonly key: number,
    readonly row: Int32Array,
    tape: Tape,
    outputs: readonly Value[],
    { device }: Runner,
  ) {
    const nodes = neededFor(outputs);
    const [inputs, sizes] = [new Set<number>(), new Set<number>()];
    for (const { inputs: read, body } of nodes)
      for (const value of [...read, ...(body?.outer.values() ?? [])])
        if (value && !value.node && value.constant === null)
          (value.output === -1 ? sizes : inputs).add(value.place);
    this.#inputs = [...inputs].sort((a, b) => a - b);
    this.#sizes = [...sizes].sort((a, b) => a - b);
    this.#names = this.#inputs.map((place) => `i${place}`);
    this.#outputs = outputs.map(nameOf);
    this.inPlace = device ? [] : outputs.map((output) => mayReplace(output, tape, nodes));
  }

  /** Whether all that it last ran with is gone. */
  get isUnused(): boolean {
    return this.#lives.every(({ isOver }) => isOver);
  }

  /** Whether it is prepared, and for the numbers that stand in its graph. */
  isReady(inputs: readonly Value[]): boolean {
    const literals = this.#literals;
    if (!this.#prepared || !literals) return false;
    return literals.every((literal, i) => literal === null || Object.is(literal, inputs[i].numbers![0]));
  }

  callOf({ inputs, allSizes, starts }: Tape, outputs: readonly Value[]): Call {
    const sizes: bigint[] = [];
    for (const place of this.#sizes) {
      const end = starts[place + 1] ?? allSizes.length;
      for (let i = starts[place]; i < end; i++) sizes.push(BigInt(allSizes[i]));
    }
    return {
      program: this,
      inputs: this.#inputs.map((place) => inputs[place]),
      sizes: this.#sizes.length > 0 ? BigInt64Array.from(sizes) : null,
      outputs,
    };
  }

  prepare(runner: Runner, tape: Tape, outputs: readonly Value[]): void {
    const before = this.#literals;
    this.#prepared?.dispose();
    this.#prepared = null;
    // A number that has changed once goes in from now on.
    this.#literals = this.#inputs.map((place, i) => {
      const { literal, numbers } = tape.inputs[place];
      if (!literal || (before && !Object.is(before[i], numbers![0]))) return null;
      return numbers![0] as number;
    });
    this.#prepared = runner.prepare(this.#write(tape, outputs));
  }

  #write(tape: Tape, outputs: readonly Value[]): Program {
    const constants = new Map<string, Program["constants"][number]>();
    const constant = (name: string, { dtype, shape }: Value, numbers: Numbers) => {
      constants.set(name, { name, dtype, shape, numbers });
      return name;
    };
    const name = (value: Value | null): string => {
      if (value === null) return "";
      if (value.node) return nameOf(value);
      if (value.output === -1) return `z${value.place}`;
      if (value.constant !== null) return constant(`c${tape.reference(value)}`, value, value.numbers!);
      const input = tape.inputs[value.place];
      if (this.#literals![this.#inputs.indexOf(value.place)] === null) return `i${value.place}`;
      return constant(`i${value.place}`, input, input.numbers!.slice() as Numbers);
    };
    const nodes = neededFor(outputs).map(
      ({ index, type, domain, inputs, outputs, attributes, body }): ProgramNode => {
        const named = {
          name: `n${index}`,
          type,
          domain,
          inputs: inputs.map(name),
          outputs: outputs.map(nameOf),
        };
        if (!body) return { ...named, attributes, body };
        // The names of a body must not be those of the graph around it.
        const inside = (text: string) => {
          const outer = body.outer.get(text);
          return outer ? name(outer) : `n${index}/${text}`;
        };
        const steps = body.nodes.map(({ type, inputs, output }) => ({
          type,
          inputs: inputs.map(inside),
          output: inside(output),
        }));
        return {
          ...named,
          attributes,
          body: { nodes: steps, inputs: body.inputs.map(inside), outputs: body.outputs.map(inside) },
        };
      },
    );
    const inputs = this.#inputs
      .filter((_, i) => this.#literals![i] === null)
      .map((place) => ({ name: `i${place}`, dtype: tape.inputs[place].dtype }));
    return {
      nodes: [...this.#split(tape, constants), ...nodes],
      inputs: [...inputs, ...(this.#sizes.length > 0 ? [{ name: SIZES, dtype: "int64" as const }] : [])],
      constants: [...constants.values()],
      outputs: outputs.map((value) => ({ name: nameOf(value), dtype: value.dtype })),
    };
  }

  /** All sizes come in as one row, which is split into those of each operation. */
  #split({ starts, allSizes }: Tape, constants: Map<string, Program["constants"][number]>): ProgramNode[] {
    if (this.#sizes.length === 0) return [];
    const ends = [...starts.slice(1), allSizes.length];
    const lengths = this.#sizes.map((place) => BigInt(ends[place] - starts[place]));
    const numbers = BigInt64Array.from(lengths);
    constants.set("lengths", { name: "lengths", dtype: "int64", shape: [numbers.length], numbers });
    const outputs = this.#sizes.map((place) => `z${place}`);
    const attributes = { axis: { int: 0 } };
    const inputs = [SIZES, "lengths"];
    return [{ name: SPLIT, type: "Split", domain: "", inputs, outputs, attributes, body: null }];
  }

  run({ inputs, sizes, outputs }: Call): void {
    this.#lives = [];
    for (const { numbersOf } of inputs) {
      const { refs, isReplaced, life } = numbersOf;
      if (refs > 0 || isReplaced) this.#lives.push(life);
    }
    const feeds = new Map<string, Value>();
    this.#names.forEach((name, i) => {
      if (this.#literals![i] === null) feeds.set(name, inputs[i]);
    });
    if (sizes) {
      const value = new Value("int64", [sizes.length]);
      value.numbers = sizes;
      feeds.set(SIZES, value);
    }
    this.#prepared!.run(feeds, new Map(outputs.map((value, i) => [this.#outputs[i], value])));
  }

  dispose(): void {
    this.#prepared?.dispose();
    this.#prepared = null;
  }
}

/** The name of the input that all sizes come in as. */
export const SIZES = "sizes";
const SPLIT = "split";

const nameOf = ({ node, output }: Value): string => `v${node!.first + output}`;

/** The operations that these values need, in the order in which they were recorded. */
function neededFor(outputs: readonly Value[]): Node[] {
  const found = new Set<Node>();
  const open = outputs.map(({ node }) => node!);
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    for (const value of [...node.inputs, ...(node.body?.outer.values() ?? [])])
      if (value?.node) open.push(value.node);
  }
  return [...found].sort((a, b) => a.index - b.index);
}

/** Whether nothing reads the input that an output replaces once it is being written. */
function mayReplace(output: Value, tape: Tape, nodes: readonly Node[]): boolean {
  const place = tape.replaced(output);
  if (place < 0) return false;
  const readers = nodes.filter(({ inputs }) => inputs.includes(tape.inputs[place]));
  if (readers.length === 0) return true;
  if (readers.length > 1) return false;
  const [reader] = readers;
  // Row by row: each is read before it is written.
  if (reader === output.node) return reader.body !== null;
  return neededFor([output]).includes(reader);
}

function hashOf(row: Int32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < row.length; i++) hash = Math.imul(hash ^ row[i], 0x01000193);
  return hash;
}

function isEqual(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
