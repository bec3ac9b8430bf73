// The part of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto that exports and recorded graphs need.
const field = (id: number, type: string) => ({ id, type });
const list = (id: number, type: string) => ({ id, type, rule: "repeated" });
const messages = {
  ModelProto: {
    irVersion: field(1, "int64"),
    producerName: field(2, "string"),
    producerVersion: field(3, "string"),
    graph: field(7, "GraphProto"),
    opsetImport: list(8, "OperatorSetIdProto"),
  },
  OperatorSetIdProto: { domain: field(1, "string"), version: field(2, "int64") },
  GraphProto: {
    node: list(1, "NodeProto"),
    name: field(2, "string"),
    initializer: list(5, "TensorProto"),
    input: list(11, "ValueInfoProto"),
    output: list(12, "ValueInfoProto"),
  },
  NodeProto: {
    input: list(1, "string"),
    output: list(2, "string"),
    name: field(3, "string"),
    opType: field(4, "string"),
    attribute: list(5, "AttributeProto"),
    domain: field(7, "string"),
  },
  AttributeProto: {
    name: field(1, "string"),
    f: field(2, "float"),
    i: field(3, "int64"),
    s: field(4, "bytes"),
    g: field(6, "GraphProto"),
    ints: list(8, "int64"),
    type: field(20, "int32"),
  },
  TensorProto: {
    dims: list(1, "int64"),
    dataType: field(2, "int32"),
    name: field(8, "string"),
    rawData: field(9, "bytes"),
  },
  ValueInfoProto: { name: field(1, "string"), type: field(2, "TypeProto") },
  TypeProto: { tensorType: field(1, "TensorType"), sequenceType: field(4, "SequenceType") },
  SequenceType: { elemType: field(1, "TypeProto") },
  TensorType: { elemType: field(1, "int32"), shape: field(2, "TensorShapeProto") },
  TensorShapeProto: { dim: list(1, "Dimension") },
  Dimension: { dimValue: field(1, "int64"), dimParam: field(2, "string") },
};

/** `TensorProto.DataType` and `AttributeProto.AttributeType`. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  bfloat16: 16,
} as const;
export const attributeTypes = { float: 1, int: 2, text: 3, graph: 5, ints: 7 } as const;

export interface OnnxProto {
  encode(message: keyof typeof messages, value: object): Uint8Array;
  /** What stands before the bytes of a field that is written without an encoder. */
  delimiter(message: keyof typeof messages, name: string, bytes: number): Uint8Array;
}

/** The messages' encoders. */
export async function onnxProto(): Promise<OnnxProto> {
  const { default: protobuf } = await import("protobufjs/light.js");
  const nested = Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }]));
  const root = protobuf.Root.fromJSON({ nested });
  return {
    encode: (message, value) => root.lookupType(message).encode(value).finish(),
    delimiter: (message, name, bytes) =>
      protobuf.Writer.create()
        .uint32((root.lookupType(message).fields[name].id << 3) | DELIMITED)
        .uint32(bytes)
        .finish(),
  };
}

/** The wire type of texts, bytes and messages: https://protobuf.dev/programming-guides/encoding. */
const DELIMITED = 2;
