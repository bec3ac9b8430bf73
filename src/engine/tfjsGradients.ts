import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Gives tfjs its gradients, and tensors their methods (`x.mul(y)`), which a head in tfjs ops may use. tfjs-core comes without; with
 * tfjs-node-gpu they are loaded already. The file is made by build.mjs.
 */
export function loadTfjsGradients(): void {
  if (tf.getGradient("Add") === undefined) require(join(__dirname, "../../dist/engine/gradients.bundle.js"));
}
