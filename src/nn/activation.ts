import { InputError } from "../errors";
import { activations, type Activation as Elementwise } from "../ops/activations";
import type { OnnxGraph } from "./OnnxGraph";
import { clippedGelu, rareActivations } from "./rareActivations";

/** An elementwise function with its gradient from its input. */
export interface Activation extends Elementwise {
  /** The same as ONNX nodes, from the name of x to that of its image. */
  onnx(graph: OnnxGraph, x: string): string;
}

const relu: Activation = { ...activations.relu, onnx: (graph, x) => graph.op("Relu", [x]) };

const silu: Activation = {
  ...activations.silu,
  onnx: (graph, x) => graph.op("Mul", [x, graph.op("Sigmoid", [x])]),
};

const geluTanh: Activation = {
  ...activations.geluTanh,
  onnx(graph, x) {
    const cubic = graph.op("Mul", [graph.op("Mul", [x, x]), graph.float(0.044715)]);
    const inner = graph.op("Mul", [
      graph.op("Mul", [x, graph.float(Math.sqrt(2 / Math.PI))]),
      graph.op("Add", [cubic, graph.float(1)]),
    ]);
    return halfOf(graph, x, graph.op("Tanh", [inner]));
  },
};

/** From opset 17's operators; opset 20 has one of its own. */
const geluExact: Activation = {
  ...activations.gelu,
  onnx: (graph, x) => halfOf(graph, x, graph.op("Erf", [graph.op("Mul", [x, graph.float(Math.SQRT1_2)])])),
};

/** x · (1 + y) / 2 */
const halfOf = (graph: OnnxGraph, x: string, y: string): string =>
  graph.op("Mul", [graph.op("Mul", [x, graph.op("Add", [y, graph.float(1)])]), graph.float(0.5)]);

const ACTIVATIONS: Record<string, Activation> = {
  gelu: geluExact,
  gelu_python: geluExact,
  gelu_10: clippedGelu(geluExact),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
  ...rareActivations,
};

/** Those of Transformers that have weights of their own. */
const WITH_WEIGHTS = ["prelu", "xielu"];

/** The activation that a config.json names in this field, as Transformers names them (ACT2FN in activations.py). */
export function activation(name: string, field = "hidden_act"): Activation {
  if (WITH_WEIGHTS.includes(name))
    throw new InputError(
      `${field}: ${name} has weights of its own, which are not supported; expected one of ${Object.keys(ACTIVATIONS).join(", ")}`,
    );
  if (!Object.hasOwn(ACTIVATIONS, name))
    throw new InputError(`${field}: expected one of ${Object.keys(ACTIVATIONS).join(", ")}, got ${name}`);
  return ACTIVATIONS[name];
}
