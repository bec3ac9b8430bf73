import { attributeTypes, dataTypes } from "./onnxProto";

export type OnnxAttribute =
  | { int: number }
  | { float: number }
  | { ints: number[] }
  | { text: string }
  | { graph: object };

/** One operation: https://onnx.ai/onnx/operators says what each type takes. An empty name is an input or output left out. */
export interface NodeText {
  name?: string;
  type: string;
  /** Of the operator; ONNX's own where left out. */
  domain?: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Record<string, OnnxAttribute>;
}

/** A `NodeProto`. */
export const nodeMessage = ({ name, type, domain, inputs, outputs, attributes }: NodeText) => ({
  name: name ?? outputs[0],
  opType: type,
  ...(domain && { domain }),
  input: inputs,
  output: outputs,
  attribute: Object.entries(attributes).map(([name, value]) => attributeMessage(name, value)),
});

function attributeMessage(name: string, value: OnnxAttribute): object {
  if ("int" in value) return { name, type: attributeTypes.int, i: value.int };
  if ("float" in value) return { name, type: attributeTypes.float, f: value.float };
  if ("text" in value) return { name, type: attributeTypes.text, s: Buffer.from(value.text) };
  if ("graph" in value) return { name, type: attributeTypes.graph, g: value.graph };
  return { name, type: attributeTypes.ints, ints: value.ints };
}

/** A `ValueInfoProto`; sizes that are free have names, and without a shape any will do. */
export const infoMessage = (
  name: string,
  type: keyof typeof dataTypes,
  shape?: readonly (string | number)[],
) => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypes[type],
      ...(shape && {
        shape: {
          dim: shape.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size })),
        },
      }),
    },
  },
});

/** The output by which onnxruntime-node stops before it copies outputs: a sequence, empty, of which nobody reads anything. */
export const stopMessages = (name: string) => ({
  node: nodeMessage({ type: "SequenceEmpty", inputs: [], outputs: [name], attributes: {} }),
  output: { name, type: { sequenceType: { elemType: { tensorType: { elemType: dataTypes.float32 } } } } },
});
