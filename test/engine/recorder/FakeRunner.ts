import type { Fault, Prepared, Program, Runner } from "../../../src/engine/recorder/Program";
import type { Numbers, Value } from "../../../src/engine/recorder/Value";

/** Runs programs of Add, Mul and Neg between numbers of one size in JavaScript, and remembers what it was given. */
export class FakeRunner implements Runner {
  readonly title = "a fake";
  readonly device = null;
  readonly programs: Program[] = [];
  runs = 0;
  disposed = 0;
  /** Thrown by the next run. */
  failure: Error | null = null;
  /** Thrown when the next program is to be prepared. */
  refusal: Error | null = null;

  prepare(program: Program): Prepared {
    const { refusal } = this;
    this.refusal = null;
    if (refusal) throw refusal;
    this.programs.push(program);
    return {
      run: (inputs, outputs) => this.#run(program, inputs, outputs),
      dispose: () => {
        this.disposed++;
      },
    };
  }

  explain({ message }: Error): Fault {
    const node = /node (\d+)/.exec(message)?.[1];
    return { node: node === undefined ? null : Number(node), why: message };
  }

  #run({ nodes, constants }: Program, inputs: Map<string, Value>, outputs: Map<string, Value>): void {
    this.runs++;
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
    const known = new Map<string, ArrayLike<number>>();
    for (const { name, numbers } of constants) known.set(name, numbers as Float32Array);
    for (const [name, value] of inputs) known.set(name, value.numbersOf.numbers as Float32Array);
    for (const { type, inputs, outputs: made } of nodes) {
      const [a, b] = inputs.map((name) => known.get(name)!);
      // In place, as ONNX Runtime writes.
      const to = (outputs.get(made[0])?.numbers ?? new Float32Array(a.length)) as Float32Array;
      for (let i = 0; i < to.length; i++) {
        const other = b === undefined ? 0 : b[b.length === 1 ? 0 : i];
        to[i] = type === "Neg" ? -a[i] : type === "Mul" ? a[i] * other : a[i] + other;
      }
      known.set(made[0], to);
    }
  }
}

export const numbersOf = (numbers: Numbers): number[] => [...(numbers as Float32Array)];
