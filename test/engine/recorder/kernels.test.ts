// Every operation of tfjs that engine onnxruntime records, against plain JavaScript, and every other one refused by its name.
import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { enginesHere } from "../../enginesHere";
import { eachKernel } from "./eachKernel";
import { pixels, x } from "./kernelCases";

eachKernel("onnxruntime", enginesHere().onnxruntime.why, () => {
  it("is refused by its name, where the engine does not have it, with what to do", () => {
    assert.throws(() => tf.tidy(() => tf.image.resizeBilinear(pixels(), [3, 3])), {
      name: "InputError",
      message:
        "engine onnxruntime has no ResizeBilinear, which an operation of tfjs asks for: write it with other operations, or compute on engine tensorflow or cpu",
    });
  });

  it("is refused by the name of this engine, where an option of it is not there", () => {
    const channelsFirst = () => tf.conv2d(pixels(), tf.ones([3, 3, 6, 1]) as tf.Tensor4D, 1, "same", "NCHW");
    assert.throws(() => tf.tidy(channelsFirst), {
      name: "InputError",
      message: "engine onnxruntime: expected images as NHWC, got NCHW; use engine tensorflow or cpu",
    });
  });

  it("tells of an id beyond a table at once, and of one that is computed when it runs", () => {
    tf.tidy(() => {
      assert.throws(
        () => tf.gather(x(), tf.tensor1d([0, 3], "int32")),
        /gather: expected ids from 0 to 2, got 3 in row 1/,
      );
      assert.throws(() => tf.gather(x(), tf.tensor1d([-1], "int32")), /got -1 in row 0/);
      const computed = tf.gather(x(), tf.add(tf.tensor1d([2], "int32"), tf.scalar(1, "int32")));
      assert.throws(
        () => computed.dataSync(),
        /Gather of \[3,4\], \[1\] by ONNX Runtime: .*out of data bounds/,
      );
    });
  });
});
