import * as tf from "@tensorflow/tfjs-core";
import { columnSums } from "../../engine/recorder/columnSums";
import type { Graph } from "../../engine/recorder/Graph";
import type { Value } from "../../engine/recorder/Value";
import type { Activation } from "../activations/activations";
import { recordedMatMul } from "../matMul/recorded";
import type { Product, ProductResults } from "./products";

/** A bias, or what a product is added to, goes into the product's own operator. */
export function recordedProducts(g: Graph, list: Product[]): ProductResults {
  const values: Value[] = [];
  const sums: ProductResults["sums"] = list.map(() => null);
  list.forEach(
    ({ a, b, transposeA = false, transposeB = false, bias, slope, add, into, rowSums, ...each }, i) => {
      const first = into === undefined ? (bias ?? (slope ? null : add)) : values[into];
      const [left, right] = [applied(g, each.activationA, a), applied(g, each.activationB, b)];
      let made = recordedMatMul(g, left, right, transposeA, transposeB, { plus: first ?? undefined });
      if (slope) made = sloped(g, slope.f, made, slope.x);
      if (add && add !== first) made = g.op("Add", [made, add]);
      if (rowSums) sums[i] = g.tensor(transposeA ? columnSums(g, a) : g.reduce("ReduceSum", a, [1], false));
      values[into ?? i] = made;
    },
  );
  return { y: list.map(({ into }, i) => (into === undefined ? g.tensor(values[i]) : null)), sums };
}

const applied = (g: Graph, f: Activation | undefined, x: tf.Tensor): Value =>
  f ? f.onnx<Value>(g, g.value(x)) : g.value(x);

/** Gradients are written in tfjs's ops, which are recorded one by one. */
function sloped(g: Graph, f: Activation, dy: Value, x: tf.Tensor): Value {
  let value: Value;
  tf.tidy(() => {
    value = g.value(f.gradient(g.tensor(dy), x));
  });
  return value!;
}
