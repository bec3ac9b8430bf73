import type { Graph } from "../../engine/recorder/Graph";
import type { Body } from "../../engine/recorder/Node";
import { sizeOf, type Value } from "../../engine/recorder/Value";
import type { AdamWSettings, AdamWState, AdamWUpdate } from "./adamWUpdate";
import { ratesLabel, ratesNumbers } from "./rates";

/** In the order in which they go in: a row of numbers that all parameters with the same rates share. */
const RATES = ["keep", "stepSize", "eps", "b1", "c1", "b2", "c2"] as const;
type Rate = (typeof RATES)[number];
type Named<Type> = Record<Rate, Type>;

/** From how many numbers on a parameter is gone through in parts, so that what lies between two operations stays in the cache. */
const PART = 2 ** 17;

/** Below how many numbers parameters are laid behind each other and updated as one: copying them costs less than operations of their own. */
const SMALL = 2 ** 14;

/** Records all updates, in place where no other tensor shares the data: no array of JavaScript ever does. */
export function recordedUpdates(g: Graph, updates: readonly AdamWUpdate[]): AdamWState[] {
  const states = new Map<AdamWUpdate, AdamWState>();
  for (const alike of byRates(updates)) {
    const rates = given(g, alike[0].settings);
    const small = alike.filter(({ gradient }) => gradient.size < SMALL);
    const large = alike.filter((update) => !small.includes(update)).map((update) => [update]);
    for (const together of small.length > 0 ? [small, ...large] : large) {
      const before = together.map(({ state }) => [state.value, state.mean, state.square]);
      const inputs = together.map(({ gradient }, i) => [...before[i], gradient].map((x) => g.value(x)));
      const after = inputs.length === 1 ? [updated(g, inputs[0], rates)] : joined(g, inputs, rates);
      together.forEach((update, i) => {
        const [value, mean, square] = before[i].map((tensor, j) =>
          g.isOnly(tensor) ? g.replace(tensor, after[i][j]) : g.tensor(after[i][j], tensor.shape),
        );
        states.set(update, { value, mean, square });
      });
    }
  }
  return updates.map((update) => states.get(update)!);
}

/** Those that share a row of rates. */
function byRates(updates: readonly AdamWUpdate[]): Iterable<AdamWUpdate[]> {
  const groups = new Map<string, AdamWUpdate[]>();
  for (const update of updates) {
    const key = ratesLabel(update.settings);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(update);
  }
  return groups.values();
}

function given(g: Graph, settings: AdamWSettings): Named<Value> {
  const numbers = ratesNumbers(settings);
  const row = g.recorder.written("float32", [numbers.length], numbers, ratesLabel(settings));
  const kinds = RATES.map(() => ({ dtype: "float32" as const, shape: [1] }));
  const ones = g.ints(...RATES.map(() => 1));
  const each = g.several("Split", [row, ones], kinds, { axis: { int: 0 } });
  return Object.fromEntries(RATES.map((name, i) => [name, each[i]])) as Named<Value>;
}

/** The same of several, as one row of numbers each. */
function joined(g: Graph, inputs: Value[][], rates: Named<Value>): Value[][] {
  const sizes = inputs.map(([{ size }]) => size);
  const along = { axis: { int: 0 } };
  const [w, m, v, gradient] = [0, 1, 2, 3].map((i) =>
    g.op(
      "Concat",
      inputs.map((each, j) => g.reshape(each[i], [sizes[j]])),
      along,
    ),
  );
  const kinds = sizes.map((size) => ({ dtype: w.dtype, shape: [size] }));
  const after = updated(g, [w, m, v, gradient], rates).map((row) =>
    g.several("Split", [row, g.ints(...sizes)], kinds, along),
  );
  return inputs.map(([{ shape }], i) => after.map((rows) => g.reshape(rows[i], shape)));
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
  { keep, stepSize, eps, b1, c1, b2, c2 }: Named<Name>,
): [Name, Name, Name] {
  const mean = op("Add", op("Mul", m, b1), op("Mul", g, c1));
  const square = op("Add", op("Mul", v, b2), op("Mul", op("Mul", g, g), c2));
  const root = op("Add", op("Sqrt", square), eps);
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
