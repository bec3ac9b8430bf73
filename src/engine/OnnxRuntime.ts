import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { explainOnnxRuntime } from "../packages/explainOnnxRuntime";
import { packageFolder } from "../packages/packageFolder";
import "../packages/noTelemetry";
import { infoMessage, nodeMessage, stopMessages } from "./onnxMessages";
import { type OnnxProto, onnxProto } from "./onnxProto";
import { threadCount } from "./threadCount";

/** The part of onnxruntime-node's inner binding.js that is used here: its public `run` answers only after a turn of the event loop. */
interface Binding {
  initOrt(): void;
  binding: { InferenceSession: new () => InnerSession };
}

interface InnerSession {
  loadModel(bytes: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Feeds, fetches: Record<string, unknown>, options: object): Record<string, { data: Settable }>;
  dispose(): void;
}

interface Settable extends ArrayLike<unknown> {
  set(values: ArrayLike<unknown>): void;
}

/** ONNX Runtime's handle of an array of numbers, which it reads and writes where they lie. */
export interface RuntimeTensor {
  readonly data: unknown;
}

type Feeds = Record<string, RuntimeTensor>;

interface Package {
  Tensor: new (type: string, values: unknown, shape: readonly number[]) => RuntimeTensor;
}

/**
 * onnxruntime-node writes an output into the array that it is given, and then copies every output into a fresh one all the same (1.30).
 * It stops before that at an output that is a sequence, for which it has no JavaScript value. So each graph has one, in front.
 */
const STOP = "stop";
const NO_SEQUENCES = /^Non tensor type is temporarily not supported/;

/** The one that comes with Transformers.js: on all cores, with the instructions of the machine, on arrays where they lie. */
export class OnnxRuntime {
  readonly version: string;
  readonly proto: OnnxProto;
  /** Whether graphs have an output to stop at; without one outputs are fetched and copied. */
  readonly stops: boolean;
  #package: Package;
  #binding: Binding;

  /** Use `openOnnxRuntime`, which tries what it makes. */
  constructor(loaded: Package, binding: Binding, version: string, proto: OnnxProto, stops: boolean) {
    this.#package = loaded;
    this.#binding = binding;
    this.version = version;
    this.proto = proto;
    this.stops = stops;
  }

  tensor(type: string, values: unknown, shape: readonly number[]): RuntimeTensor {
    return new this.#package.Tensor(type, values, shape);
  }

  /** A session of a `GraphProto`, which gets the output to stop at. @throws ONNX Runtime's error where it does not take the graph */
  session(graph: GraphMessage, operators: OperatorSet[], options: object = {}): RuntimeSession {
    const stop = stopMessages(STOP);
    const whole = this.stops
      ? { ...graph, node: [...graph.node, stop.node], output: [stop.output, ...graph.output] }
      : graph;
    const bytes = this.proto.encode("ModelProto", {
      irVersion: IR_VERSION,
      producerName: "frostkit",
      opsetImport: operators,
      graph: whole,
    });
    const inner = new this.#binding.binding.InferenceSession();
    inner.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, { ...THREADS, ...options });
    return new RuntimeSession(inner, this.stops);
  }
}

export interface GraphMessage {
  name: string;
  node: object[];
  input: object[];
  output: object[];
  initializer?: object[];
}

export interface OperatorSet {
  domain?: string;
  version: number;
}

const IR_VERSION = 10;

const THREADS = {
  // Its own choice would be one thread for each physical core, of all that the machine has.
  intraOpNumThreads: threadCount(process.env.OMP_NUM_THREADS),
  enableMemPattern: false,
};

export class RuntimeSession {
  #inner: InnerSession;
  #stops: boolean;

  constructor(inner: InnerSession, stops: boolean) {
    this.#inner = inner;
    this.#stops = stops;
  }

  /** Computes the outputs into the arrays of their tensors. @throws ONNX Runtime's error */
  run(feeds: Feeds, outputs: Feeds): void {
    if (!this.#stops) {
      this.#fetch(feeds, outputs);
      return;
    }
    try {
      this.#inner.run(feeds, { [STOP]: null, ...outputs }, {});
    } catch (error) {
      if (!NO_SEQUENCES.test((error as Error).message)) throw error;
    }
  }

  #fetch(feeds: Feeds, outputs: Feeds): void {
    const made = this.#inner.run(feeds, outputs, {});
    for (const [name, { data }] of Object.entries(outputs)) {
      const fetched = made[name]?.data ?? data;
      if (fetched !== data) (data as Settable).set(fetched as Settable);
    }
  }

  dispose(): void {
    this.#inner.dispose();
  }
}

/**
 * Loads ONNX Runtime, and tries it on a small product.
 *
 * @throws an Error that says why it cannot be used
 */
export async function openOnnxRuntime(): Promise<OnnxRuntime> {
  const transformers = packageFolder("@huggingface/transformers");
  if (!existsSync(transformers))
    throw new Error(
      "@huggingface/transformers, with which it comes, is not installed: npm install @huggingface/transformers brings it",
    );
  const need = createRequire(join(transformers, "package.json"));
  const { loaded, binding } = load(need);
  const { version } = need("onnxruntime-node/package.json") as { version: string };
  binding.initOrt();
  const proto = await onnxProto();
  let failure: unknown;
  for (const stops of [true, false])
    try {
      const runtime = new OnnxRuntime(loaded, binding, version, proto, stops);
      tryProduct(runtime);
      return runtime;
    } catch (error) {
      failure = error;
    }
  throw failure;
}

function load(need: NodeJS.Require): { loaded: Package; binding: Binding } {
  try {
    return { loaded: need("onnxruntime-node"), binding: need("onnxruntime-node/dist/binding.js") };
  } catch (error) {
    throw explainOnnxRuntime(error);
  }
}

/** Throws where a times a, element by element and written where a lies, is not what it should be. */
function tryProduct(runtime: OnnxRuntime): void {
  const session = runtime.session(
    {
      name: "product",
      node: [nodeMessage({ type: "Mul", inputs: ["a", "a"], outputs: ["y"], attributes: {} })],
      input: [infoMessage("a", "float32")],
      output: [infoMessage("y", "float32")],
    },
    [{ version: 17 }],
  );
  try {
    const values = Float32Array.of(1, 2, 3);
    const tensor = runtime.tensor("float32", values, [3]);
    session.run({ a: tensor }, { y: tensor });
    if (String(values) !== "1,4,9")
      throw new Error(`a trial product came out wrong: expected 1,4,9, got ${values}`);
  } finally {
    session.dispose();
  }
}
