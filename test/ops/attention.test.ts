import assert from "node:assert/strict";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { attention } from "../../src/ops/attention/attention";
import { attentionGradients } from "../../src/ops/attention/attentionGradients";
import { dropoutMask } from "../../src/ops/dropoutMask/dropoutMask";
import { assertClose } from "../close";
import { onEveryEngine } from "../onEveryEngine";

onEveryEngine("attention", () => {
  /** One text of three tokens, two heads of width 1; each query looks at the key with the same sign and large product. */
  const attended = () => ({
    query: tf.tensor2d([50, 50, -50, 50, 0, 0], [3, 2]),
    key: tf.tensor2d([1, -1, -1, 1, -1, -1], [3, 2]),
    value: tf.tensor2d([1, 10, 2, 20, 6, 60], [3, 2]),
    batchSize: 1,
    heads: 2,
  });

  const all = { query: true, key: true, value: true };

  it("lets each head of each query find its own keys and mixes their values", () => {
    tf.tidy(() => {
      const { output, weights } = attention({ ...attended(), mask: tf.zeros([1, 1, 1, 3]) });
      assert.deepEqual(weights.shape, [1, 2, 3, 3]);
      const third = 1 / 3;
      const first = [1, 0, 0, 0, 0.5, 0.5, third, third, third];
      const second = [0, 1, 0, 0, 1, 0, third, third, third];
      assertClose(weights, [...first, ...second], 1e-6);
      assertClose(output, [1, 20, 4, 20, 3, 30], 1e-5);
    });
  });

  it("divides the scores by the root of a head's width", () => {
    tf.tidy(() => {
      const [query, key] = [
        tf.ones([1, 16]),
        tf.tensor2d([...new Array(16).fill(0.25), ...new Array(16).fill(0)], [2, 16]),
      ];
      const { weights } = attention({
        query,
        key,
        value: key,
        batchSize: 1,
        heads: 1,
        mask: tf.zeros([1, 1, 1, 2]),
      });
      assertClose(weights, [Math.E / (Math.E + 1), 1 / (Math.E + 1)], 1e-6);
    });
  });

  it("hides keys that the mask takes far below the others, text by text", () => {
    tf.tidy(() => {
      const value = tf.tensor2d([1, 2, 3, 4], [4, 1]);
      const { output } = attention({
        query: tf.ones([2, 1]),
        key: tf.ones([4, 1]),
        value,
        batchSize: 2,
        heads: 1,
        mask: tf.tensor4d([0, -1e9, 0, 0], [2, 1, 1, 2]),
      });
      assertClose(output, [1, 3.5], 1e-6);
    });
  });

  it("drops weights for the output alone, and saves them whole for backward", () => {
    tf.tidy(() => {
      // A seed that drops the first of two keys and doubles the second.
      const drops = (seed: number) => dropoutMask([1, 1, 1, 2], { rate: 0.5, seed }).dataSync();
      const seed = Array.from({ length: 100 }, (_, seed) => seed).find(
        (seed) => drops(seed)[0] === 0 && drops(seed)[1] === 2,
      )!;
      const [query, key, value] = [tf.ones([1, 1]), tf.ones([2, 1]), tf.tensor2d([5, 7], [2, 1])];
      const dropped = { query, key, value, batchSize: 1, heads: 1, drop: { rate: 0.5, seed } };
      const { output, weights } = attention({ ...dropped, mask: tf.zeros([1, 1, 1, 2]) });
      assertClose(weights, [0.5, 0.5], 1e-6);
      assertClose(output, [7], 1e-5);
      const gradients = attentionGradients({ ...dropped, dy: tf.ones([1, 1]), weights, wanted: all });
      // Σ over keys of weight · (drop · value - output) · key, and · query: both keys are alike.
      assertClose(gradients.query!, [0], 1e-5);
      assertClose(gradients.key!, [-3.5, 3.5], 1e-5);
      assertClose(gradients.value!, [0, 1], 1e-6);
    });
  });

  it("computes the gradients that are wanted and no other", () => {
    tf.tidy(() => {
      const { output, weights } = attention({ ...attended(), mask: tf.zeros([1, 1, 1, 3]) });
      const dy = tf.onesLike(output);
      const gradients = attentionGradients({ ...attended(), dy, weights, wanted: all });
      for (const only of ["query", "key", "value", "nothing"]) {
        const wanted = { query: only === "query", key: only === "key", value: only === "value" };
        const some = attentionGradients({ ...attended(), dy, weights, wanted });
        for (const name of ["query", "key", "value"] as const) {
          assert.equal(some[name] !== null, name === only);
          if (some[name]) assertClose(some[name], gradients[name]!, 0);
        }
      }
    });
  });

  it("refuses texts, heads and masks that do not fit", () => {
    tf.tidy(() => {
      const mask = tf.zeros([1, 1, 1, 3]);
      assert.throws(() => attention({ ...attended(), heads: 4, mask }), {
        message: "attention: expected 1 texts and 4 heads to divide [3,2] and [3,2], got 0.5 width",
      });
      assert.throws(() => attention({ ...attended(), batchSize: 2, mask }), {
        message: "attention: expected 2 texts and 2 heads to divide [3,2] and [3,2], got 1.5 queries",
      });
      assert.throws(() => attention({ ...attended(), mask: tf.zeros([1, 1, 3, 3]) }), {
        message: "attention: expected a mask of shape [1, 1, 1, 3], got [1,1,3,3]",
      });
    });
  });
});
