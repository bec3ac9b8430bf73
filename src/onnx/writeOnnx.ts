import { closeSync, fsyncSync, openSync } from "node:fs";
import { checkFinite } from "../checkpoint/checkFinite";
import { infoMessage, nodeMessage } from "../engine/onnxMessages";
import { dataTypes, onnxProto } from "../engine/onnxProto";
import { InputError } from "../errors";
import { writeFully } from "../files/writeFully";
import { gigabytes } from "../text/numbers";
import { version } from "../version";
import { PRODUCER } from "./isOwnExport";
import type { TracedModel } from "./traceOnnx";

const IR_VERSION = 8;
/** What protobuf's readers take. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * Writes a traced model as an ONNX file. Weights go from the engine to the file one at a time: protobuf wants to know each
 * message's length beforehand, and that follows from the shapes.
 *
 * @param unfinished the file to write to, which the caller moves to `path` once it is whole
 * @param path what errors call the file
 * @throws InputError when it would be larger than protobuf's 2 GB, or a weight is NaN or infinite
 */
export async function writeOnnx(
  unfinished: string,
  path: string,
  { graph, logits }: TracedModel,
  numLabels: number,
): Promise<void> {
  const { encode, delimiter } = await onnxProto();
  const graphHead = encode("GraphProto", {
    name: "model",
    node: graph.nodes.map(({ output, skipped = 0, ...node }) =>
      nodeMessage({
        ...node,
        outputs: [...Array<string>(skipped).fill(""), output === logits ? "logits" : output],
      }),
    ),
    input: [...graph.inputs].map(([name, { type, shape }]) => infoMessage(name, type, shape)),
    output: [infoMessage("logits", "float32", ["batch_size", numLabels])],
  });

  const initializers = [
    ...[...graph.constants].map(([name, { type, shape, values }]) => {
      const raw = type === "int64" ? BigInt64Array.from(values, BigInt) : Float32Array.from(values);
      return { name, shape, type, bytes: raw.byteLength, data: async () => raw };
    }),
    ...[...graph.parameters.values()].map((parameter) => ({
      name: parameter.name,
      shape: parameter.shape,
      type: "float32" as const,
      bytes: 4 * parameter.size,
      data: () => parameter.data(),
    })),
  ].map((tensor) => {
    const { name, shape, type, bytes } = tensor;
    const head = Buffer.concat([
      encode("TensorProto", { name, dims: shape, dataType: dataTypes[type] }),
      delimiter("TensorProto", "rawData", bytes),
    ]);
    return {
      ...tensor,
      head: Buffer.concat([delimiter("GraphProto", "initializer", head.length + bytes), head]),
    };
  });

  const graphBytes = initializers.reduce(
    (sum, { head, bytes }) => sum + head.length + bytes,
    graphHead.length,
  );
  if (graphBytes > MAX_BYTES)
    throw new InputError(
      `${path}: would take ${gigabytes(graphBytes)} GB, and an ONNX file can have 2.1 GB: export a smaller model`,
    );
  const modelHead = encode("ModelProto", {
    irVersion: IR_VERSION,
    producerName: PRODUCER,
    producerVersion: version,
    opsetImport: [{ domain: "", version: graph.opset }],
  });

  const descriptor = openSync(unfinished, "w");
  try {
    for (const bytes of [modelHead, delimiter("ModelProto", "graph", graphBytes), graphHead])
      writeFully(descriptor, bytes);
    for (const { name, type, head, data } of initializers) {
      writeFully(descriptor, head);
      const values = await data();
      if (type === "float32") checkFinite(path, name, values as Float32Array);
      writeFully(descriptor, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
