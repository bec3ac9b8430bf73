import type { OnnxRuntime, RuntimeSession, RuntimeTensor } from "../OnnxRuntime";
import { infoMessage, nodeMessage } from "../onnxMessages";
import { dataTypes } from "../onnxProto";
import { OPSET } from "../recorder/operators";
import type { Fault, Prepared, Program, ProgramBody, ProgramNode, Runner } from "../recorder/Program";
import type { Numbers, Value } from "../recorder/Value";

/** https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md has those of Microsoft. */
const OPERATORS = [{ version: OPSET }, { domain: "com.microsoft", version: 1 }];

const OPTIONS = {
  // What is recorded is fused already; and a part that is computed again to save memory would be found to be there.
  graphOptimizationLevel: "disabled",
  // Each session has threads of its own; those of one are not to keep a core busy while another computes.
  extra: { session: { force_spinning_stop: "1" } },
  // Only errors, which are thrown as well.
  logSeverityLevel: 4,
};

/** Runs programs by ONNX Runtime. */
export class OnnxRunner implements Runner {
  readonly title = "ONNX Runtime";
  readonly device = null;
  #runtime: OnnxRuntime;
  #tensors: Tensors;

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
    this.#tensors = new Tensors(runtime);
  }

  prepare(program: Program): Prepared {
    const session = this.#runtime.session(graphOf(program), OPERATORS, OPTIONS);
    return new PreparedSession(this.#tensors, session);
  }

  explain({ message }: Error): Fault {
    const node = /Name:'n(\d+)'/.exec(message)?.[1];
    const said = /Status Message: ([^\n]*)/.exec(message)?.[1] ?? message.split("\n")[0];
    // Where in ONNX Runtime's sources it arose helps nobody here.
    const why = said.replace(/^\S+\.(?:cc|h):\d+ .*?\) /, "");
    return { node: node === undefined ? null : Number(node), why };
  }
}

/** ONNX Runtime's handles of arrays, which are used again as the arrays are: one for each shape of an array. */
class Tensors {
  #runtime: OnnxRuntime;
  #known = new WeakMap<Numbers, { shape: readonly number[]; tensor: RuntimeTensor }[]>();

  constructor(runtime: OnnxRuntime) {
    this.#runtime = runtime;
  }

  of(values: Map<string, Value>): Record<string, RuntimeTensor> {
    const tensors: Record<string, RuntimeTensor> = {};
    for (const [name, value] of values) tensors[name] = this.#of(value);
    return tensors;
  }

  #of({ numbersOf, dtype, shape }: Value): RuntimeTensor {
    const numbers = numbersOf.numbers!;
    let list = this.#known.get(numbers);
    if (!list) {
      list = [];
      this.#known.set(numbers, list);
    }
    const known = list.find((each) => isEqual(each.shape, shape));
    if (known) return known.tensor;
    const tensor = this.#runtime.tensor(dtype, numbers, shape);
    list.push({ shape, tensor });
    return tensor;
  }
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

class PreparedSession implements Prepared {
  #tensors: Tensors;
  #session: RuntimeSession;

  constructor(tensors: Tensors, session: RuntimeSession) {
    this.#tensors = tensors;
    this.#session = session;
  }

  run(inputs: Map<string, Value>, outputs: Map<string, Value>): void {
    this.#session.run(this.#tensors.of(inputs), this.#tensors.of(outputs));
  }

  dispose(): void {
    this.#session.dispose();
  }
}

const graphOf = ({ nodes, inputs, constants, outputs }: Program) => ({
  name: "program",
  node: nodes.map(messageOf),
  initializer: constants.map(({ name, dtype, shape, numbers }) => ({
    name,
    dims: shape,
    dataType: dataTypes[dtype],
    rawData: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
  })),
  input: inputs.map(({ name, dtype }) => infoMessage(name, dtype)),
  output: outputs.map(({ name, dtype }) => infoMessage(name, dtype)),
});

/** In ONNX going through rows is a Scan. */
function messageOf({ body, ...node }: ProgramNode) {
  if (!body) return nodeMessage(node);
  const attributes = { num_scan_inputs: { int: body.inputs.length }, body: { graph: bodyMessage(body) } };
  return nodeMessage({ ...node, type: "Scan", attributes });
}

const bodyMessage = ({ nodes, inputs, outputs }: ProgramBody) => ({
  name: "row",
  node: nodes.map(({ type, inputs, output }) =>
    nodeMessage({ type, inputs, outputs: [output], attributes: {} }),
  ),
  input: inputs.map(rowMessage),
  output: outputs.map(rowMessage),
});

const rowMessage = (name: string) => infoMessage(name, "float32", ["row"]);
