import * as tf from "@tensorflow/tfjs-core";
import type { OnnxBuilder } from "../../engine/OnnxBuilder";
import type { Activation } from "./activations";

/*
 * The other functions of Transformers' ACT2FN (activations.py). No kernel knows them: they are computed op by op, before a product and
 * after it.
 */

type Unary = (x: tf.Tensor) => tf.Tensor;

/** From f and its derivative, both of x. */
const rare = (forward: Unary, slope: Unary, onnx: Activation["onnx"]): Activation => ({
  code: null,
  forward: (x) => tf.tidy(() => forward(x)),
  gradient: (dy, x) => tf.tidy(() => tf.mul(dy, slope(x))),
  onnx,
});

/** 1 where x is above a limit, else 0. */
const above = (x: tf.Tensor, limit: number): tf.Tensor => tf.step(tf.sub(x, limit));

// As Transformers rounds √½ there.
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the rounded number is what checkpoints were trained with
const MU = 0.707107;
const SIGMA = 0.282095;
const QUICK = 1.702;
const LEAK = 0.01;

const tanhOfSoftplus: Unary = (x) => tf.tanh(tf.softplus(x));

/** x above 0, else 0, the whole squared (So et al. 2021). */
const relu2 = rare(
  (x) => tf.square(tf.relu(x)),
  (x) => tf.mul(tf.relu(x), 2),
  (graph, x) => squared(graph, graph.op("Relu", [x])),
);

const squared = <X>(graph: OnnxBuilder<X>, x: X): X => graph.op("Mul", [x, x]);

/** GELU with nothing above 10, which keeps room for 8-bit numbers. */
export const clippedGelu = (gelu: Activation): Activation => ({
  code: null,
  forward: (x) => tf.tidy(() => tf.minimum(gelu.forward(x), 10)),
  gradient: (dy, x) => tf.tidy(() => gelu.gradient(tf.mul(dy, tf.sub(1, above(gelu.forward(x), 10))), x)),
  onnx: (graph, x) => graph.op("Min", [gelu.onnx(graph, x), graph.float(10)]),
});

export const rareActivations: Record<string, Activation> = {
  hardswish: rare(
    (x) => tf.div(tf.mul(x, tf.relu6(tf.add(x, 3))), 6),
    (x) => {
      const inner = tf.mul(above(x, -3), tf.sub(1, above(x, 3)));
      return tf.add(tf.mul(inner, tf.add(tf.div(x, 3), 0.5)), above(x, 3));
    },
    (graph, x) => graph.op("HardSwish", [x]),
  ),
  laplace: rare(
    (x) => tf.mul(tf.add(tf.erf(tf.div(tf.sub(x, MU), SIGMA * Math.SQRT2)), 1), 0.5),
    (x) => {
      const z = tf.div(tf.sub(x, MU), SIGMA * Math.SQRT2);
      return tf.mul(tf.exp(tf.neg(tf.square(z))), 1 / (SIGMA * Math.sqrt(2 * Math.PI)));
    },
    (graph, x) => {
      const z = graph.op("Div", [graph.op("Sub", [x, graph.float(MU)]), graph.float(SIGMA * Math.SQRT2)]);
      return graph.op("Mul", [graph.op("Add", [graph.op("Erf", [z]), graph.float(1)]), graph.float(0.5)]);
    },
  ),
  leaky_relu: rare(
    (x) => tf.maximum(x, tf.mul(x, LEAK)),
    (x) => tf.add(tf.mul(tf.step(x), 1 - LEAK), LEAK),
    (graph, x) => graph.op("LeakyRelu", [x], { alpha: { float: LEAK } }),
  ),
  linear: rare(
    (x) => tf.clone(x),
    (x) => tf.onesLike(x),
    (graph, x) => graph.op("Identity", [x]),
  ),
  mish: rare(
    (x) => tf.mul(x, tanhOfSoftplus(x)),
    (x) => {
      const t = tanhOfSoftplus(x);
      return tf.add(t, tf.mul(tf.mul(x, tf.sigmoid(x)), tf.sub(1, tf.square(t))));
    },
    (graph, x) => graph.op("Mul", [x, graph.op("Tanh", [graph.op("Softplus", [x])])]),
  ),
  quick_gelu: rare(
    (x) => tf.mul(x, tf.sigmoid(tf.mul(x, QUICK))),
    (x) => {
      const s = tf.sigmoid(tf.mul(x, QUICK));
      return tf.add(s, tf.mul(tf.mul(tf.mul(x, QUICK), s), tf.sub(1, s)));
    },
    (graph, x) => graph.op("Mul", [x, graph.op("Sigmoid", [graph.op("Mul", [x, graph.float(QUICK)])])]),
  ),
  relu2,
  relu6: rare(
    (x) => tf.relu6(x),
    (x) => tf.mul(tf.step(x), tf.step(tf.sub(6, x))),
    (graph, x) => graph.op("Min", [graph.op("Relu", [x]), graph.float(6)]),
  ),
  sigmoid: rare(
    (x) => tf.sigmoid(x),
    (x) => {
      const s = tf.sigmoid(x);
      return tf.mul(s, tf.sub(1, s));
    },
    (graph, x) => graph.op("Sigmoid", [x]),
  ),
  sqrtsoftplus: rare(
    (x) => tf.sqrt(tf.softplus(x)),
    (x) => tf.div(tf.mul(tf.sigmoid(x), 0.5), tf.sqrt(tf.softplus(x))),
    (graph, x) => graph.op("Sqrt", [graph.op("Softplus", [x])]),
  ),
  tanh: rare(
    (x) => tf.tanh(x),
    (x) => tf.sub(1, tf.square(tf.tanh(x))),
    (graph, x) => graph.op("Tanh", [x]),
  ),
};
