// Every operation of tfjs that is recorded, run as a function of TensorFlow, against plain JavaScript.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { eachKernel } from "../recorder/eachKernel";
import { pixels, x } from "../recorder/kernelCases";
import { whyNot } from "./asGpu";

process.env.FROSTKIT_AS_GPU = "1";

eachKernel("tensorflow", whyNot(), () => {
  it("is refused by the name of this engine, where an option of it is not there", () => {
    const channelsFirst = () => tf.conv2d(pixels(), tf.ones([3, 3, 6, 1]) as tf.Tensor4D, 1, "same", "NCHW");
    assert.throws(() => tf.tidy(channelsFirst), {
      name: "InputError",
      message: "engine tensorflow: expected images as NHWC, got NCHW; use engine cpu",
    });
  });

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
