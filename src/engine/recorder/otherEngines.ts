import * as tf from "@tensorflow/tfjs-core";

/** Engines that compute what the one in use has no way to record, as errors name them: "tensorflow or cpu". */
export const otherEngines = (): string =>
  ["tensorflow", "cpu"].filter((name) => name !== tf.getBackend()).join(" or ");
