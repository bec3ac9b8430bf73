import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { bindingFiles } from "../../../src/engine/native/bindingFiles";
import { proofs } from "../../../src/engine/native/proofs";
import { prove } from "../../../src/engine/native/prove";
import { enginesHere } from "../../enginesHere";
import { temporaryFolder, write } from "./fakes";

const files = bindingFiles();
const skip =
  enginesHere().tensorflow.why ?? (existsSync(files.kernels) ? false : "it was not linked by frostkit");

/** The real binding, but for what these lines make of a call of an operation. */
const bindingWhere = (lines: string): string =>
  write(
    join(temporaryFolder(), "binding.cjs"),
    `const real = require(${JSON.stringify(files.binding)});
     const executeOp = (name, attributes, inputs, outputs) => { ${lines}; return real.executeOp(name, attributes, inputs, outputs); };
     module.exports = Object.create(real, { executeOp: { value: executeOp } });`,
  );

test("The TensorFlow of this machine passes: products, a convolution, attention, random numbers and a step of training", {
  skip,
}, async () => {
  const proof = await prove(files.binding, files, files.kernels);
  assert.match(proof.version, /^2\./);
  assert.equal(proof.gpu, false);
});

test("What is expected is worked out in plain JavaScript, and is not all alike", () => {
  assert.deepEqual(
    proofs().map(({ what, expected }) => [what, expected.length]),
    [
      ["a convolution", 48],
      ["attention", 40],
      ["random numbers of a seed", 258],
      ["a step of training", 8],
    ],
  );
  for (const { expected } of proofs()) assert.ok(new Set(expected).size > 1);
});

test("An operation that the device has no kernel for is named with what TensorFlow says", {
  skip,
}, async () => {
  const binding = bindingWhere(
    `if (name === "Conv2D") throw new Error("No algorithm worked!  Error messages:\\n  Profiling failure")`,
  );
  await assert.rejects(prove(binding, files), {
    name: "FrostError",
    message:
      /^TensorFlow 2\.\S+ computes wrongly what .* rightly: a convolution: No algorithm worked!\s*Error messages:$/,
  });
});

test("So is one that computes something else: softmax that is left out, and draws that differ", {
  skip,
}, async () => {
  const wrong = bindingWhere(
    `if (name === "Softmax") return real.executeOp("Identity", [attributes[0]], inputs, outputs);
     if (name === "StatelessRandomUniform") inputs = [inputs[0], real.createTensor([2], real.TF_INT32, Int32Array.of(globalThis.seed = (globalThis.seed ?? 0) + 1, 0))]`,
  );
  await assert.rejects(prove(wrong, files), {
    name: "FrostError",
    message:
      /rightly: attention: element \d+ is \S+, not \S+, random numbers of a seed: element \d+ is \S+, not 0$/,
  });
});
