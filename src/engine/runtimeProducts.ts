import { FrostError } from "../errors";
import { type OnnxRuntime, openOnnxRuntime, type RuntimeSession } from "./OnnxRuntime";
import { infoMessage, nodeMessage } from "./onnxMessages";

/** Numbers in row-major order, read and written where they lie. */
export interface Matrices {
  values: Float32Array;
  /** [..., rows, columns]; the leading sizes count matrices one behind the other. */
  shape: number[];
}

const OPTIONS = {
  // Products leave nothing behind that is worth keeping for the next one.
  enableCpuMemArena: false,
  // Each session has threads of its own; those of one are not to keep a core busy while the rest of a step waits for it.
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

/** https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md has FusedMatMul. */
const OPERATORS = [{ version: 17 }, { domain: "com.microsoft", version: 1 }];

/**
 * Products of matrices by ONNX Runtime, the one that comes with Transformers.js: on all cores, with the instructions of the machine,
 * and on float32 arrays where they lie, those in WebAssembly's memory included.
 */
export class RuntimeProducts {
  readonly version: string;
  /** How many multiplications a product takes from which on a call pays; measured where the other way is the wasm kernel. */
  from = 2 ** 20;
  #runtime: OnnxRuntime;
  /** By which of the factors are transposed. */
  #sessions: RuntimeSession[];

  /** Use `openRuntimeProducts`, which tries what it makes. */
  constructor(runtime: OnnxRuntime, sessions: RuntimeSession[]) {
    this.#runtime = runtime;
    this.version = runtime.version;
    this.#sessions = sessions;
  }

  /** y = a · b over the last two axes, each factor transposed on request. Shapes have to fit; they are not checked. */
  multiply(a: Matrices, transposeA: boolean, b: Matrices, transposeB: boolean, y: Matrices): void {
    const tensor = ({ values, shape }: Matrices) => this.#runtime.tensor("float32", values, shape);
    try {
      this.#sessions[+transposeA + 2 * +transposeB].run({ a: tensor(a), b: tensor(b) }, { y: tensor(y) });
    } catch (error) {
      throw new FrostError(
        `matrix product of [${a.shape}] and [${b.shape}] by ONNX Runtime: ${(error as Error).message}`,
      );
    }
  }

  dispose(): void {
    for (const session of this.#sessions) session.dispose();
  }
}

/**
 * Loads ONNX Runtime, and tries it on small products against the same in plain JavaScript.
 *
 * @throws an Error that says why it cannot be used
 */
export async function openRuntimeProducts(): Promise<RuntimeProducts> {
  const runtime = await openOnnxRuntime();
  const products = new RuntimeProducts(
    runtime,
    FLAGS.map((flags) => productSession(runtime, flags)),
  );
  try {
    tryProducts(products);
    return products;
  } catch (error) {
    products.dispose();
    throw error;
  }
}

/** Whether a, and whether b, is transposed; in the order of `sessions`. */
const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

function productSession(runtime: OnnxRuntime, [transA, transB]: boolean[]): RuntimeSession {
  const product = nodeMessage({
    type: "FusedMatMul",
    domain: "com.microsoft",
    inputs: ["a", "b"],
    outputs: ["y"],
    attributes: { transA: { int: +transA }, transB: { int: +transB } },
  });
  const graph = {
    name: "product",
    node: [product],
    input: ["a", "b"].map((name) => infoMessage(name, "float32")),
    output: [infoMessage("y", "float32")],
  };
  return runtime.session(graph, OPERATORS, OPTIONS);
}

/** Throws where a product is not what it should be. Small whole numbers, so that no sum is rounded. */
function tryProducts(products: RuntimeProducts): void {
  const [batch, m, n, inner] = [2, 5, 19, 7];
  const sizes = { a: batch * m * inner, b: batch * inner * n, y: batch * m * n };
  for (const [transposeA, transposeB] of FLAGS) {
    const memory = wasmMemory();
    const a = new Float32Array(memory, 64, sizes.a);
    const b = new Float32Array(memory, 64 + 4 * sizes.a, sizes.b);
    const y = new Float32Array(memory, 64 + 4 * (sizes.a + sizes.b), sizes.y);
    for (let i = 0; i < sizes.a; i++) a[i] = ((i * 7) % 11) - 5;
    for (let i = 0; i < sizes.b; i++) b[i] = ((i * 5) % 13) - 6;
    const left = { values: a, shape: [batch, ...(transposeA ? [inner, m] : [m, inner])] };
    const right = { values: b, shape: [batch, ...(transposeB ? [n, inner] : [inner, n])] };
    products.multiply(left, transposeA, right, transposeB, { values: y, shape: [batch, m, n] });
    for (let i = 0; i < sizes.y; i++) {
      const [text, row, column] = [Math.floor(i / (m * n)), Math.floor(i / n) % m, i % n];
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum +=
          a[text * m * inner + (transposeA ? k * m + row : row * inner + k)] *
          b[text * inner * n + (transposeB ? column * inner + k : k * n + column)];
      if (y[i] !== sum)
        throw new Error(`a trial product came out wrong: expected ${sum} in place ${i}, got ${y[i]}`);
    }
  }
}

// TypeScript declares WebAssembly among a browser's names only.
declare const WebAssembly: { Memory: new (size: { initial: number }) => { buffer: ArrayBuffer } };

const wasmMemory = (): ArrayBuffer => new WebAssembly.Memory({ initial: 1 }).buffer;
