import * as tf from "@tensorflow/tfjs-core";
import { attentionGradients } from "../attention/attentionGradients";
import { hidingLast } from "../attention/examples";
import { compose, defineOp } from "../defineOp";
import { drawn } from "../drawn";
import { seedOf } from "../dropoutMask/dropoutMask";
import { firstRowsGradient } from "../firstRowsGradient/firstRowsGradient";
import { nativeKernel } from "../kernels";
import {
  ROTARY_ATTENDED,
  type RotaryAttended,
  rotaryAttention,
  rotaryAttributes,
  rotaryExamples,
  rotarySizes,
  turned,
} from "./rotaryAttention";
import { turn } from "./turn";
import { windowedGradients } from "./windowed";

interface Inputs extends RotaryAttended {
  /** The gradient of `rotaryAttention`'s output: [batch · queries, heads · width]. */
  dy: tf.Tensor;
  /** What it gave beside. */
  weights: tf.Tensor;
}

/** The gradient of queries, keys and values, side by side as they are. */
export const rotaryAttentionGradient = defineOp<Inputs, { qkv: tf.Tensor }>({
  name: "rotaryAttentionGradient",
  inputs: {
    ...ROTARY_ATTENDED,
    dy: "[batch · queries, heads · width]",
    weights: "[batch, heads, queries, keys]",
  },
  outputs: { qkv: "as qkv" },
  precision: { bf16: 0.1, fp16: 0.02 },
  composed(inputs) {
    const { dy, weights, heads, batchSize } = inputs;
    const { n, cut, all } = rotarySizes(inputs);
    const given = { ...turned(inputs), dy, weights };
    const wanted = { query: true, key: true, value: true };
    const made = all ? attentionGradients({ ...given, wanted }) : windowedGradients(given, cut);
    const [query, key, value] = [made.query!, made.key!, made.value!].map((gradient) =>
      gradient.shape[0] === n * batchSize ? gradient : firstRowsGradient(gradient, batchSize, n, null),
    );
    const back = (x: tf.Tensor) => turn(x, heads, inputs, true);
    return { qkv: tf.concat([back(query), back(key), value], 1) };
  },
  kernels: [
    nativeKernel({
      precisions: ["fp32", "bf16"],
      compute(native, inputs) {
        const { dy, qkv, cos, sin, weights, drop } = inputs;
        const given = { dy, qkv, cos, sin, weights, seed: seedOf(drop) };
        return { qkv: native.run("RotaryAttentionGrad", rotaryAttributes(inputs), given).qkv! };
      },
    }),
  ],
  *examples() {
    for (const { title, attended, n } of rotaryExamples())
      yield {
        title,
        inputs() {
          const given = attended();
          const { batchSize, heads, queries } = given;
          const mask = hidingLast(batchSize, n);
          const { weights } = compose(rotaryAttention.declaration, { ...given, mask });
          const width = given.qkv.shape[1]! / (3 * heads);
          return { ...given, dy: drawn("dy", batchSize * queries, heads * width), weights };
        },
        tolerance: 2e-5,
      };
  },
});
