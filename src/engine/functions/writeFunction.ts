import type { Program, ProgramBody, ProgramNode } from "../recorder/Program";
import { adamW } from "./adamW";
import { type Given, layout } from "./Given";
import { GraphWriter, nodeOf, type Ref, type Type } from "./GraphWriter";
import { lower, split, typeOf } from "./lowerings";

/** A graph of a program, and the names of what goes in and comes out, in the order in which it is called. */
export interface FunctionGraph {
  graph: GraphWriter;
  inputs: string[];
  outputs: string[];
}

/** How many of an update's inputs are the state that it writes over: they come first. */
export const STATE = 3;

/** Whether an operation writes over its first inputs. */
export const isUpdate = ({ type }: { type: string }): boolean => type === "AdamW";

/** Writes a program as TensorFlow's operations, for inputs that come in these ways. What updates give is none of its outputs. */
export function writeFunction(program: Program, given: readonly Given[]): FunctionGraph {
  const g = new GraphWriter();
  const { nodes, constants, outputs } = program;
  const isRead = readersOf(nodes);
  const { known, inputs, handles } = readInputs(g, given, isRead);
  for (const { name, dtype, shape, numbers } of constants)
    known.set(
      name,
      dtype === "int64"
        ? g.constant("int32", shape, Int32Array.from(numbers as BigInt64Array, Number))
        : g.constant(typeOf(dtype), shape, numbers),
    );
  let updated: string | null = null;
  const overwritten = new Set<string>();
  // What variables hold is read before any of them is written.
  const whenRead = handles.size > 0 ? [g.act("NoOp", [], {}, [...handles.values()].flatMap(readsOf))] : [];
  for (const node of nodes) {
    const { name, type, inputs, outputs, attributes, body } = node;
    g.stem = name;
    if (isUpdate(node)) {
      const state = inputs.slice(0, STATE).map((input) => handles.get(input)!.handle);
      const numbers = inputs.slice(STATE).map((input) => known.get(input)!);
      // One after the other: what they need in between is there once.
      const done = adamW(g, state, numbers, attributes, updated ? [updated] : whenRead);
      updated = done;
      outputs.forEach((output, i) => {
        overwritten.add(output);
        if (isRead(output)) known.set(output, g.op("ReadVariableOp", [state[i]], FLOAT, "float32", [done]));
      });
      continue;
    }
    const read = inputs.filter((input) => input !== "").map((input) => known.get(input)!);
    const made = body ? rows(g, body, read, known) : lower(g, type, read, attributes, outputs.length);
    for (const [i, output] of outputs.entries()) known.set(output, made[i]);
  }
  const made = outputs.filter(({ name }) => !overwritten.has(name)).map(({ name }) => known.get(name)!);
  // A function ends when its outputs are there: one of them waits for the updates.
  if (updated) made.push(g.op("Identity", [g.ints(0)], { T: INT }, "int32", [updated]));
  return { graph: g, inputs, outputs: made.map(({ name }) => name) };
}

const FLOAT = { dtype: { type: "float32" } } as const;
const INT = { type: "int32" } as const;

/** Which names are read as tensors. */
function readersOf(nodes: readonly ProgramNode[]): (name: string) => boolean {
  const read = new Set<string>();
  for (const node of nodes) {
    for (const input of isUpdate(node) ? node.inputs.slice(STATE) : node.inputs) read.add(input);
    for (const { inputs } of node.body?.nodes ?? []) for (const input of inputs) read.add(input);
  }
  return (name) => read.has(name);
}

/** A variable that goes in, and what reads it where something does. */
interface Handle {
  handle: Ref;
  content: Ref | null;
}

const readsOf = ({ content }: Handle): string[] => (content ? [nodeOf(content)] : []);

interface Inputs {
  /** Tensors by name. */
  known: Map<string, Ref>;
  handles: Map<string, Handle>;
  inputs: string[];
}

function readInputs(g: GraphWriter, given: readonly Given[], isRead: (name: string) => boolean): Inputs {
  const known = new Map<string, Ref>();
  const handles = new Map<string, Handle>();
  const inputs: string[] = [];
  const input = (name: string, type: Type): Ref => {
    const ref = g.input(name, type);
    inputs.push(ref.name);
    return ref;
  };
  const variable = (name: string): Ref | null => {
    const handle = input(name, "resource");
    const content = isRead(name) ? g.op("ReadVariableOp", [handle], FLOAT, "float32") : null;
    handles.set(name, { handle, content });
    return content;
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
  const pieceOf = ({ name, way, value }: Given): Ref | null => {
    if (way === "packed") return pieces.shift()!;
    return way === "variable" || way === "viewedVariable" ? variable(name) : input(name, typeOf(value.dtype));
  };
  for (const each of given) {
    if (each.way === "sizes") continue;
    const type = typeOf(each.value.dtype);
    const shape = shapes.includes(each) ? rows.shift()! : null;
    const piece = pieceOf(each);
    if (!piece) continue;
    const numbers =
      piece.type === type
        ? piece
        : g.op("Bitcast", [piece], { T: { type: piece.type }, type: { type } }, type);
    known.set(each.name, shape ? g.op("Reshape", [numbers, shape], { T: { type } }, type) : numbers);
  }
  return { known, handles, inputs };
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
