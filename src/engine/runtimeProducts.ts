import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { FrostError } from "../errors";
import { packageFolder } from "../packages/packageFolder";
import "../packages/noTelemetry";
import { attributeTypes, dataTypes, onnxProto } from "./onnxProto";

/** Numbers in row-major order, read and written where they lie. */
export interface Matrices {
  values: Float32Array;
  /** [..., rows, columns]; the leading sizes count matrices one behind the other. */
  shape: number[];
}

/** The part of onnxruntime-node's inner binding.js that is used here: its public `run` answers only after a turn of the event loop. */
interface Binding {
  initOrt(): void;
  binding: { InferenceSession: new () => InnerSession };
}

interface InnerSession {
  loadModel(bytes: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Record<string, unknown>, fetches: Record<string, unknown>, options: object): unknown;
  dispose(): void;
}

interface Runtime {
  Tensor: new (type: "float32", values: Float32Array, shape: number[]) => object;
}

const OPTIONS = {
  // Its own choice would be one thread for each physical core, of all that the machine has.
  intraOpNumThreads: availableParallelism(),
  // Products leave nothing behind that is worth keeping for the next one.
  enableCpuMemArena: false,
  enableMemPattern: false,
  // Each session has threads of its own; those of one are not to keep a core busy while the rest of a step waits for it.
  extra: { session: { intra_op: { allow_spinning: "0" } } },
};

/** The version of the ONNX operators; https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md has FusedMatMul. */
const OPSET = 17;
const IR_VERSION = 8;

/**
 * Products of matrices by ONNX Runtime, the one that comes with Transformers.js: on all cores, with the instructions of the machine,
 * and on float32 arrays where they lie, those in WebAssembly's memory included.
 */
export class RuntimeProducts {
  readonly version: string;
  /** How many multiplications a product takes from which on a call pays; measured where the other way is the wasm kernel. */
  from = 2 ** 20;
  #runtime: Runtime;
  /** By which of the factors are transposed. */
  #sessions: InnerSession[];
  #stops: boolean;

  /** Use `openRuntimeProducts`, which tries what it makes. */
  constructor(runtime: Runtime, version: string, sessions: InnerSession[], stops: boolean) {
    this.#runtime = runtime;
    this.version = version;
    this.#sessions = sessions;
    this.#stops = stops;
  }

  /** y = a · b over the last two axes, each factor transposed on request. Shapes have to fit; they are not checked. */
  multiply(a: Matrices, transposeA: boolean, b: Matrices, transposeB: boolean, y: Matrices): void {
    const { Tensor } = this.#runtime;
    const tensor = ({ values, shape }: Matrices) => new Tensor("float32", values, shape);
    const fetches = { ...(this.#stops && { [STOP]: null }), y: tensor(y) };
    try {
      this.#sessions[+transposeA + 2 * +transposeB].run({ a: tensor(a), b: tensor(b) }, fetches, {});
    } catch (error) {
      if (!(this.#stops && NO_SEQUENCES.test((error as Error).message)))
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
 * onnxruntime-node writes an output into the array that it is given, and then copies every output into a fresh one all the same (1.30).
 * It stops before that at an output that is a sequence, for which it has no JavaScript value. So each graph has one, in front.
 */
const STOP = "stop";
const NO_SEQUENCES = /^Non tensor type is temporarily not supported/;

/**
 * Loads ONNX Runtime, and tries it on small products against the same in plain JavaScript.
 *
 * @throws an Error that says why it cannot be used
 */
export async function openRuntimeProducts(): Promise<RuntimeProducts> {
  const transformers = packageFolder("@huggingface/transformers");
  if (!existsSync(transformers))
    throw new Error("@huggingface/transformers, with which it comes, is not installed");
  const need = createRequire(join(transformers, "package.json"));
  const runtime = need("onnxruntime-node") as Runtime;
  const { binding, initOrt } = need("onnxruntime-node/dist/binding.js") as Binding;
  const { version } = need("onnxruntime-node/package.json") as { version: string };
  initOrt();
  let failure: unknown;
  for (const stops of [true, false]) {
    const models = await Promise.all(FLAGS.map((flags) => productModel(flags, stops)));
    const sessions: InnerSession[] = [];
    try {
      for (const model of models) {
        const session = new binding.InferenceSession();
        sessions.push(session);
        session.loadModel(model.buffer, model.byteOffset, model.byteLength, OPTIONS);
      }
      const products = new RuntimeProducts(runtime, version, sessions, stops);
      tryProducts(products);
      return products;
    } catch (error) {
      for (const session of sessions) session.dispose();
      failure = error;
    }
  }
  throw failure;
}

/** Whether a, and whether b, is transposed; in the order of `sessions`. */
const FLAGS = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
];

async function productModel([transA, transB]: boolean[], stops: boolean): Promise<Uint8Array> {
  const { encode } = await onnxProto();
  const tensorType = { elemType: dataTypes.float32 };
  const flag = (name: string, value: boolean) => ({ name, type: attributeTypes.int, i: +value });
  const product = {
    opType: "FusedMatMul",
    domain: "com.microsoft",
    input: ["a", "b"],
    output: ["y"],
    attribute: [flag("transA", transA), flag("transB", transB)],
  };
  const sequence = { opType: "SequenceEmpty", output: [STOP] };
  return encode("ModelProto", {
    irVersion: IR_VERSION,
    producerName: "frostkit",
    opsetImport: [{ version: OPSET }, { domain: "com.microsoft", version: 1 }],
    graph: {
      name: "product",
      node: stops ? [product, sequence] : [product],
      input: ["a", "b"].map((name) => ({ name, type: { tensorType } })),
      output: [
        ...(stops ? [{ name: STOP, type: { sequenceType: { elemType: { tensorType } } } }] : []),
        { name: "y", type: { tensorType } },
      ],
    },
  });
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
