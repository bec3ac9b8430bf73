import * as tf from "@tensorflow/tfjs-core";
import { FrostError } from "../../errors";
import { hidingLast } from "../attention/examples";
import { compose, defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { dropped, seedOf } from "../dropoutMask/dropoutMask";
import { nativeKernel } from "../kernels";
import { matMul } from "../matMul/matMul";
import {
  byHead,
  byText,
  type FirstRowAttended,
  type FirstRowSaved,
  type FirstRowScored,
  firstRowAttention,
  firstRowExamples,
  perHead,
} from "./firstRowAttention";

interface Inputs extends Omit<FirstRowAttended, "query" | "x">, FirstRowSaved {
  /** The gradient of the output: [batch, heads · width]. */
  dy: tf.Tensor;
  /** Has to be there where a gradient through the scores is wanted: of query, x or keyWeight. */
  scored: FirstRowScored | null;
  wanted: Record<Name, boolean>;
  /** Added to the gradient of x: as x. */
  add?: tf.Tensor | null;
}

type Name = "query" | "x" | "keyWeight" | "valueWeight" | "valueBias";

/** The gradients of what `firstRowAttention` read, those that are wanted. */
export const firstRowAttentionGradients = defineOp<Inputs, Record<Name, tf.Tensor | null>>({
  name: "firstRowAttentionGradients",
  inputs: {
    dy: "[batch, heads · width]",
    keyWeight: "[heads · width, hidden]",
    valueWeight: "[heads · width, hidden]",
    valueBias: "[heads · width]",
    heads: "whole",
    drop: "rate and seed, or null",
    weights: "[batch, heads, keys]",
    pooled: "[batch, heads, hidden]",
    scored: "projected, query and x, or null",
    wanted: "which",
    add: "[batch · keys, hidden] or null",
  },
  outputs: {
    query: "[batch, heads · width]",
    x: "[batch · keys, hidden]",
    keyWeight: "[heads · width, hidden]",
    valueWeight: "[heads · width, hidden]",
    valueBias: "[heads · width]",
  },
  gradients: ["query", "x", "keyWeight", "valueWeight", "valueBias"],
  precision: { bf16: 0.3, fp16: 0.05 },
  check({ scored, wanted }) {
    if (!scored && (wanted.query || wanted.x || wanted.keyWeight))
      throw new FrostError(
        "attention: expected what its scores read, for the gradients of query, x and keyWeight, got none",
      );
  },
  composed(inputs) {
    const { dy, keyWeight, valueWeight, valueBias, heads, drop, weights, pooled, scored, wanted, add } =
      inputs;
    const { batch, keys, width, scale } = sizes(inputs);
    const made: Record<Name, tf.Tensor | null> = {
      query: null,
      x: null,
      keyWeight: null,
      valueWeight: null,
      valueBias: null,
    };
    const used = dropped(weights, drop);
    const ofValues = byHead(dy, heads);
    if (wanted.valueWeight)
      made.valueWeight = tf.reshape(matMul(ofValues, byHead(pooled, heads), true, false), valueWeight.shape);
    if (wanted.valueBias)
      made.valueBias = tf.reshape(
        tf.sum(tf.mul(tf.reshape(dy, [batch, heads, width]), tf.sum(used, -1, true)), 0),
        valueBias.shape,
      );
    if (!scored || !(wanted.x || wanted.query || wanted.keyWeight)) return made;
    const { projected, query, x } = scored;
    const rows = tf.reshape(x, [batch, keys, -1]);
    const ofPooled = byText(matMul(ofValues, perHead(valueWeight, heads)));
    const ofTotal = tf.sum(tf.reshape(tf.mul(dy, valueBias), [batch, heads, width]), -1, true);
    const ofUsed = tf.add(matMul(ofPooled, rows, false, true), ofTotal);
    const ofWeights = dropped(ofUsed, drop);
    const inner = tf.sum(tf.mul(ofWeights, weights), -1, true);
    const ofScores = tf.mul(weights, tf.sub(ofWeights, inner));
    if (wanted.x) {
      const ofRows = tf.add(matMul(used, ofPooled, true, false), matMul(ofScores, projected, true, false));
      const flat = tf.reshape(ofRows, x.shape);
      made.x = add ? tf.add(flat, add) : flat;
    }
    const ofProjected = tf.mul(matMul(ofScores, rows), scale);
    if (wanted.keyWeight)
      made.keyWeight = tf.reshape(
        matMul(byHead(query, heads), byHead(ofProjected, heads), true, false),
        keyWeight.shape,
      );
    if (wanted.query)
      made.query = tf.reshape(
        byText(matMul(byHead(ofProjected, heads), perHead(keyWeight, heads), false, true)),
        query.shape,
      );
    return made;
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32"],
      compute(native, inputs) {
        const { dy, keyWeight, valueWeight, valueBias, heads, drop, weights, pooled, scored, wanted, add } =
          inputs;
        const attributes = {
          heads,
          scale: sizes(inputs).scale,
          rate: drop?.rate ?? 0,
          ofQuery: wanted.query,
          ofX: wanted.x,
          ofKeyWeight: wanted.keyWeight,
          ofValueWeight: wanted.valueWeight,
          ofValueBias: wanted.valueBias,
        };
        const { projected = null, query = null, x = null } = scored ?? {};
        const parameters = { keyWeight, valueWeight, valueBias };
        const saved = { weights, pooled, turned: projected, query, x };
        const tensors = { dy, ...saved, ...parameters, add: add ?? null, seed: seedOf(drop) };
        return native.run("FirstRowAttentionGrad", attributes, tensors);
      },
    }),
  ],
  *examples() {
    for (const { title, attended, keys } of firstRowExamples())
      for (const added of [false, true])
        yield {
          title: `${title}${added ? ", added" : ""}`,
          inputs() {
            const given = attended();
            const { query, x, ...rest } = given;
            const mask = hidingLast(query.shape[0], keys);
            const { weights, pooled, projected } = compose(firstRowAttention.declaration, { ...given, mask });
            return {
              ...rest,
              dy: drawn("dy", ...query.shape),
              weights,
              pooled,
              scored: { projected, query, x },
              wanted: { query: true, x: true, keyWeight: true, valueWeight: true, valueBias: true },
              add: added ? drawn("add", ...x.shape) : null,
            };
          },
          tolerance: 3e-4,
        };
  },
});

function sizes({ dy, weights, heads }: Inputs) {
  const [batch, , keys] = weights.shape;
  const width = dy.shape[1]! / heads;
  return { batch, keys: keys!, width, scale: 1 / Math.sqrt(width) };
}
