import type { Program, ProgramBody } from "../recorder/Program";
import type { Dtype } from "../recorder/Value";
import { type Given, layout } from "./Given";
import { GraphWriter, type Ref } from "./GraphWriter";
import { lower, split, typeOf } from "./lowerings";

/** A graph of a program, and the names of what goes in and comes out, in the order in which it is called. */
export interface FunctionGraph {
  graph: GraphWriter;
  inputs: string[];
  outputs: string[];
}

/** Writes a program as TensorFlow's operations, for inputs that come in these ways. */
export function writeFunction(
  { nodes, constants, outputs }: Program,
  given: readonly Given[],
): FunctionGraph {
  const g = new GraphWriter();
  const { known, inputs } = readInputs(g, given);
  for (const { name, dtype, shape, numbers } of constants)
    known.set(
      name,
      dtype === "int64"
        ? g.constant("int32", shape, Int32Array.from(numbers as BigInt64Array, Number))
        : g.constant(typeOf(dtype), shape, numbers),
    );
  for (const { name, type, inputs, outputs, attributes, body } of nodes) {
    g.stem = name;
    const read = inputs.filter((input) => input !== "").map((input) => known.get(input)!);
    const made = body ? rows(g, body, read, known) : lower(g, type, read, attributes, outputs.length);
    for (const [i, output] of outputs.entries()) known.set(output, made[i]);
  }
  return { graph: g, inputs, outputs: outputs.map(({ name }) => known.get(name)!.name) };
}

function readInputs(g: GraphWriter, given: readonly Given[]): { known: Map<string, Ref>; inputs: string[] } {
  const known = new Map<string, Ref>();
  const inputs: string[] = [];
  const input = (name: string, dtype: Dtype): Ref => {
    const ref = g.input(name, typeOf(dtype));
    inputs.push(ref.name);
    return ref;
  };
  const { row, lengths, shapes } = layout(given);
  const parts = [
    ...(row ? [row.value.size] : []),
    ...(lengths.length > 0 ? [lengths.length] : []),
    ...shapes.map(({ value }) => value.shape.length),
  ];
  const rows = parts.length > 0 ? split(g, input("row", "int32"), g.ints(parts), 0, parts.length) : [];
  if (row) known.set(row.name, rows.shift()!);
  const pieces =
    lengths.length > 0 ? split(g, input("numbers", "float32"), rows.shift()!, 0, lengths.length) : [];
  for (const { name, way, value } of given) {
    if (way === "sizes") continue;
    const type = typeOf(value.dtype);
    const piece = way === "packed" ? pieces.shift()! : input(name, value.dtype);
    const numbers =
      piece.type === type
        ? piece
        : g.op("Bitcast", [piece], { T: { type: piece.type }, type: { type } }, type);
    const shape = way === "device" ? null : rows.shift()!;
    known.set(name, shape ? g.op("Reshape", [numbers, shape], { T: { type } }, type) : numbers);
  }
  return { known, inputs };
}

/** What is done to each row is done to all at once: operations on rows are elementwise. */
function rows(
  g: GraphWriter,
  { nodes, inputs, outputs }: ProgramBody,
  read: Ref[],
  known: Map<string, Ref>,
): Ref[] {
  const inside = new Map(known);
  for (const [i, input] of inputs.entries()) inside.set(input, read[i]);
  for (const { type, inputs, output } of nodes) {
    const values = inputs.map((input) => inside.get(input)!);
    inside.set(output, lower(g, type, values, {}, 1)[0]);
  }
  return outputs.map((output) => inside.get(output)!);
}
