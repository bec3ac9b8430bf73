// Every operation of tfjs that is recorded, run as a function of TensorFlow, against plain JavaScript.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { eachKernel } from "../recorder/eachKernel";
import { x } from "../recorder/kernelCases";
import { whyNot } from "./asGpu";

process.env.FROSTKIT_AS_GPU = "1";

eachKernel("tensorflow", whyNot(), () => {
  it("tells of an id that is computed when it runs, and of which operation", () => {
    tf.tidy(() => {
      const computed = tf.gather(x(), tf.add(tf.tensor1d([2], "int32"), tf.scalar(1, "int32")));
      assert.throws(
        () => computed.dataSync(),
        /^FrostError: Gather of \[3,4\], \[1\] by TensorFlow: .*is not in/,
      );
    });
  });
});
