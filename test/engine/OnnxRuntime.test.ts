// What the kit leans on in onnxruntime-node beyond its documentation. Where this fails after an update, look at OnnxRuntime.ts and
// OnnxRunner.ts; what is asserted here is true of 1.30.0.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { type OnnxRuntime, openOnnxRuntime, type RuntimeSession } from "../../src/engine/OnnxRuntime";
import { infoMessage, nodeMessage, stopMessages } from "../../src/engine/onnxMessages";
import { packageFolder } from "../../src/packages/packageFolder";
import { enginesHere } from "../enginesHere";

const need = createRequire(join(packageFolder("@huggingface/transformers"), "package.json"));
const { why } = enginesHere().onnxruntime;

describe("onnxruntime-node as it is installed", { skip: why ?? false }, () => {
  let runtime: OnnxRuntime;
  before(async () => {
    runtime = await openOnnxRuntime();
  });

  /** y = a · b, whose node is called as recorded ones are. */
  const product = (): RuntimeSession =>
    runtime.session(
      {
        name: "product",
        node: [
          nodeMessage({ name: "n7", type: "MatMul", inputs: ["a", "b"], outputs: ["y"], attributes: {} }),
        ],
        input: [infoMessage("a", "float32"), infoMessage("b", "float32")],
        output: [infoMessage("y", "float32")],
      },
      [{ version: 20 }],
      { graphOptimizationLevel: "disabled", logSeverityLevel: 4 },
    );
  const tensor = (numbers: Float32Array, ...shape: number[]) => runtime.tensor("float32", numbers, shape);

  it("is the version of which all of this was found out", () => {
    assert.equal(
      runtime.version,
      "1.30.0",
      "go through this file's other tests, then write the new version here",
    );
  });

  it("stops at an output that is a sequence, in the words that are looked for, and before outputs are copied", () => {
    assert.ok(runtime.stops);
    const inner = rawSession(runtime);
    const [a, y] = [Float32Array.of(1, 2), new Float32Array(2)];
    assert.throws(() => inner.run({ a: tensor(a, 2) }, { stop: null, y: tensor(y, 2) }, {}), {
      message: "Non tensor type is temporarily not supported.",
    });
    assert.deepEqual([...y], [-1, -2], "it has computed all the same");
  });

  it("copies an output that it was given an array for: without that there is nothing to stop for", () => {
    const [a, y] = [Float32Array.of(1, 2), new Float32Array(2)];
    const made = rawSession(runtime).run({ a: tensor(a, 2) }, { y: tensor(y, 2) }, {});
    assert.deepEqual([...y], [-1, -2]);
    assert.notEqual(made.y.data, y);
    assert.deepEqual([...(made.y.data as Float32Array)], [-1, -2]);
  });

  it("says why it does not take a graph", () => {
    const node = nodeMessage({ type: "NoSuchOperator", inputs: ["a"], outputs: ["y"], attributes: {} });
    const graph = { name: "unknown", node: [node], input: [infoMessage("a", "float32")] };
    assert.throws(
      () => runtime.session({ ...graph, output: [infoMessage("y", "float32")] }, [{ version: 20 }]),
      /NoSuchOperator/,
    );
  });

  it("reads inputs where they lie at each run, and writes outputs there, into an input's array too", () => {
    const session = product();
    const [a, b, y] = [Float32Array.of(1, 2), Float32Array.of(3, 4), new Float32Array(1)];
    const feeds = { a: tensor(a, 1, 2), b: tensor(b, 2, 1) };
    session.run(feeds, { y: tensor(y, 1, 1) });
    assert.deepEqual([...y], [11]);
    a.fill(10);
    session.run(feeds, { y: tensor(y, 1, 1) });
    assert.deepEqual([...y], [70]);
    const inner = rawSession(runtime);
    const given = tensor(a, 2);
    assert.throws(() => inner.run({ a: given }, { stop: null, y: given }, {}));
    assert.deepEqual([...a], [-10, -10]);
    session.dispose();
  });

  it("names the node that a run fails in, and the reason, in the words from which errors are made", () => {
    const session = product();
    const [a, b, y] = [new Float32Array(3), new Float32Array(2), new Float32Array(1)];
    assert.throws(() => session.run({ a: tensor(a, 1, 3), b: tensor(b, 2, 1) }, { y: tensor(y, 1, 1) }), {
      message: /Name:'n7' Status Message: .*MatMul dimension mismatch/,
    });
    session.dispose();
  });
});

/** A session of dist/binding.js, whose `run` answers at once, which the package's own does not. */
interface Inner {
  loadModel(bytes: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: object, fetches: object, options: object): Record<string, { data: unknown }>;
  dispose(): void;
}

/** y = -a, with the output to stop at. */
function rawSession({ proto }: OnnxRuntime): Inner {
  const { binding } = need("onnxruntime-node/dist/binding.js") as {
    binding: { InferenceSession: new () => Inner };
  };
  const stop = stopMessages("stop");
  const negation = nodeMessage({ type: "Neg", inputs: ["a"], outputs: ["y"], attributes: {} });
  const bytes = proto.encode("ModelProto", {
    irVersion: 10,
    opsetImport: [{ version: 20 }],
    graph: {
      name: "negation",
      node: [negation, stop.node],
      input: [infoMessage("a", "float32")],
      output: [stop.output, infoMessage("y", "float32")],
    },
  });
  const session = new binding.InferenceSession();
  session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, {});
  return session;
}
