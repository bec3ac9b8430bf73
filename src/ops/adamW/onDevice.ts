import type * as tf from "@tensorflow/tfjs-core";
import type { Graph } from "../../engine/recorder/Graph";
import type { Value } from "../../engine/recorder/Value";
import type { AdamWSettings, AdamWState, AdamWUpdate } from "./adamWUpdate";
import { ratesLabel, ratesNumbers } from "./rates";

/** Records all updates for a device that writes a parameter's state where it lies: an operator for each parameter. */
export function updatesOnDevice(
  g: Graph,
  updates: readonly AdamWUpdate[],
  scale: tf.Tensor | null,
): AdamWState[] {
  readyToWrite(g, updates);
  const numbers = new Map<string, Value[]>();
  return updates.map(({ state, gradient, settings }) => {
    const key = ratesLabel(settings);
    const scalars = numbers.get(key) ?? scalarsOf(g, settings, scale);
    numbers.set(key, scalars);
    const before = statesOf(state);
    const inputs = [...before.map((tensor) => g.value(tensor)), g.value(gradient), ...scalars];
    const kinds = before.map(({ shape }) => ({ dtype: "float32" as const, shape }));
    const decays = { int: +(settings.weightDecay !== 0) };
    const after = g.several("AdamW", inputs, kinds, { decays });
    const [value, mean, square] = before.map((tensor, i) =>
      g.isOnly(tensor) ? g.replace(tensor, after[i]) : g.tensor(after[i]),
    );
    return { value, mean, square };
  });
}

/** Why these updates cannot be made where the state lies, or null. */
export const whyNotInPlace = ({ updates }: { updates: AdamWUpdate[] }, g: Graph): string | null =>
  updates.some(({ state }) => statesOf(state).some((tensor) => g.value(tensor).viewed))
    ? "a parameter that is another tensor in another shape"
    : null;

const statesOf = ({ value, mean, square }: AdamWState) => [value, mean, square];

/** A program can write over what lies on the device when it begins. */
function readyToWrite(g: Graph, updates: readonly AdamWUpdate[]): void {
  const tensors = updates.flatMap(({ state }) => statesOf(state));
  if (tensors.some((tensor) => g.value(tensor).node)) g.recorder.run();
  for (const tensor of tensors) g.upload(tensor);
}

/** How large an update is, from one array of numbers and the scale: nothing changes where that is 0. */
function scalarsOf(g: Graph, settings: AdamWSettings, scale: tf.Tensor | null): Value[] {
  const numbers = ratesNumbers(settings);
  const row = g.recorder.written("float32", [numbers.length], numbers, ratesLabel(settings));
  const [keep, rate, eps, b1, b2, own] = numbers.map((_, i) =>
    g.op("Gather", [row, g.number("int32", i)], { axis: { int: 0 } }),
  );
  if (!scale) return [own, keep, rate, eps, b1, b2];
  const none = g.op("Equal", [scale, g.float(0)]);
  const unless = (x: Value, otherwise: number) => g.op("Where", [none, g.float(otherwise), x]);
  return [g.op("Mul", [own, scale]), unless(keep, 1), unless(rate, 0), eps, unless(b1, 1), unless(b2, 1)];
}
