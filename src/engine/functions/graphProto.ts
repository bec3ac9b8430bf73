// The part of https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework that graphs for functions need: graph.proto,
// node_def.proto, attr_value.proto, tensor.proto and tensor_shape.proto.
const field = (id: number, type: string) => ({ id, type });
const list = (id: number, type: string) => ({ id, type, rule: "repeated" });
const messages = {
  GraphDef: { fields: { node: list(1, "NodeDef"), versions: field(4, "VersionDef") } },
  VersionDef: { fields: { producer: field(1, "int32") } },
  NodeDef: {
    fields: {
      name: field(1, "string"),
      op: field(2, "string"),
      input: list(3, "string"),
      attr: { ...field(5, "AttrValue"), keyType: "string" },
    },
  },
  AttrValue: {
    fields: {
      list: field(1, "ListValue"),
      s: field(2, "bytes"),
      i: field(3, "int64"),
      f: field(4, "float"),
      b: field(5, "bool"),
      type: field(6, "int32"),
      shape: field(7, "TensorShapeProto"),
      tensor: field(8, "TensorProto"),
    },
    oneofs: { value: { oneof: ["list", "s", "i", "f", "b", "type", "shape", "tensor"] } },
  },
  ListValue: { fields: { i: list(3, "int64") } },
  TensorShapeProto: { fields: { dim: list(2, "Dim"), unknownRank: field(3, "bool") } },
  Dim: { fields: { size: field(1, "int64") } },
  TensorProto: {
    fields: {
      dtype: field(1, "int32"),
      tensorShape: field(2, "TensorShapeProto"),
      tensorContent: field(4, "bytes"),
    },
  },
};

/** Writes a `GraphDef`. */
export type GraphEncoder = (graph: object) => Uint8Array;

/** The encoder of graphs. */
export async function graphEncoder(): Promise<GraphEncoder> {
  const { default: protobuf } = await import("protobufjs/light.js");
  const graphs = protobuf.Root.fromJSON({ nested: messages }).lookupType("GraphDef");
  return (graph) => graphs.encode(graph).finish();
}
