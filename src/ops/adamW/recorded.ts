import type { Graph } from "../../engine/recorder/Graph";
import type { Body } from "../../engine/recorder/Node";
import { sizeOf, type Value } from "../../engine/recorder/Value";
import type { AdamWFactors, AdamWState, AdamWUpdate } from "./adamWUpdate";

/** In the order in which they go in: a row of numbers that all parameters with the same rates share. */
const RATES = ["keep", "stepSize", "rootScale", "eps", "b1", "c1", "b2", "c2"] as const;
type Rate = (typeof RATES)[number];
type Named<Type> = Record<Rate, Type>;

/** From how many numbers on a parameter is gone through in parts, so that what lies between two operations stays in the cache. */
const PART = 2 ** 17;

/**
 * Records one parameter's update after the other, in place where no other tensor shares the data: no array of JavaScript ever does.
 */
export function recordedUpdates(
  g: Graph,
  factorsOf: (update: AdamWUpdate) => AdamWFactors,
): (update: AdamWUpdate) => AdamWState {
  const known = new Map<string, Named<Value>>();
  return (update) => {
    const { state, gradient } = update;
    const numbers = ratesOf(factorsOf(update));
    const key = String(numbers);
    let rates = known.get(key);
    if (!rates) {
      rates = given(g, numbers);
      known.set(key, rates);
    }
    const before = [state.value, state.mean, state.square];
    const after = updated(
      g,
      [...before, gradient].map((x) => g.value(x)),
      rates,
    );
    const [value, mean, square] = before.map((tensor, i) =>
      g.isOnly(tensor) ? g.replace(tensor, after[i]) : g.tensor(after[i], tensor.shape),
    );
    return { value, mean, square };
  };
}

function ratesOf({ keep, stepSize, rootScale, eps, b1, b2, gradientScale }: AdamWFactors): number[] {
  return [keep, stepSize, rootScale, eps, b1, (1 - b1) * gradientScale, b2, (1 - b2) * gradientScale ** 2];
}

function given(g: Graph, numbers: number[]): Named<Value> {
  const row = g.recorder.written("float32", [numbers.length], numbers);
  const kinds = RATES.map(() => ({ dtype: "float32" as const, shape: [1] }));
  const ones = g.ints(...RATES.map(() => 1));
  const each = g.several("Split", [row, ones], kinds, { axis: { int: 0 } });
  return Object.fromEntries(RATES.map((name, i) => [name, each[i]])) as Named<Value>;
}

/** New value, mean and square of [value, mean, square, gradient], in parts or as they were. */
function updated(g: Graph, inputs: Value[], rates: Named<Value>): Value[] {
  const { dtype, shape } = inputs[0];
  const parts = partsOf(sizeOf(shape));
  if (parts === 1) {
    const [w, m, v, gradient] = inputs;
    return adamW((type, ...given) => g.op(type, given), { w, m, v, g: gradient }, rates);
  }
  const rows = inputs.map((x) => g.reshape(x, [parts, sizeOf(shape) / parts]));
  const kinds = [0, 1, 2].map(() => ({ dtype, shape: rows[0].shape }));
  return g.several("Scan", rows, kinds, {}, body(rates));
}

/** Into how many parts of one size, none smaller than half of what is wished for; 1 where there are none. */
function partsOf(size: number): number {
  for (let parts = Math.floor(size / PART); parts > 1; parts--) if (size % parts === 0) return parts;
  return 1;
}

/** The update, whatever operations are between. */
function adamW<Name>(
  op: (type: string, ...inputs: Name[]) => Name,
  { w, m, v, g }: Record<"w" | "m" | "v" | "g", Name>,
  { keep, stepSize, rootScale, eps, b1, c1, b2, c2 }: Named<Name>,
): [Name, Name, Name] {
  const mean = op("Add", op("Mul", m, b1), op("Mul", g, c1));
  const square = op("Add", op("Mul", v, b2), op("Mul", op("Mul", g, g), c2));
  const root = op("Add", op("Mul", op("Sqrt", square), rootScale), eps);
  return [op("Sub", op("Mul", w, keep), op("Mul", op("Div", mean, root), stepSize)), mean, square];
}

function body(rates: Named<Value>): Body {
  const nodes: Body["nodes"] = [];
  const op = (type: string, ...inputs: string[]): string => {
    const output = `t${nodes.length}`;
    nodes.push({ type, inputs, output });
    return output;
  };
  const names = Object.fromEntries(RATES.map((name) => [name, name])) as Named<string>;
  const outputs = adamW(op, { w: "w", m: "m", v: "v", g: "g" }, names);
  return { nodes, inputs: ["w", "m", "v", "g"], outputs, outer: new Map(Object.entries(rates)) };
}
