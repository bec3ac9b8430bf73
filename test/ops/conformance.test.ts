// Every op of src/ops, walked by its declaration: each kernel on each engine that is here, against the composed form in plain
// JavaScript, over the sizes that the op itself names, every subset of gradients and every precision.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { autocast, type Half, PRECISIONS } from "../../src/engine/autocast";
import { type EngineName, useEngine } from "../../src/engine/useEngine";
import { OPS } from "../../src/ops/all";
import { compose } from "../../src/ops/defineOp";
import type { AnyOp, Declaration, Example } from "../../src/ops/Op";
import { assertClose } from "../close";
import { onEveryEngine, withoutHalf } from "../onEveryEngine";

// biome-ignore lint/suspicious/noExplicitAny: the inputs of any op
type Inputs = any;
type Tensors = Record<string, tf.Tensor | null | (tf.Tensor | null)[]>;
interface Read {
  shape: number[];
  values: Float32Array;
}

const list = (made: Tensors): [string, tf.Tensor | null][] =>
  Object.entries(made).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((each, i): [string, tf.Tensor | null] => [`${name} ${i}`, each])
      : [[name, value] as [string, tf.Tensor | null]],
  );

/** What is computed of an example's inputs: shapes and values, and not a tensor more than there were. */
function read(
  example: Example<Inputs>,
  wanted: object | null,
  compute: (inputs: Inputs) => Tensors,
): Map<string, Read | null> {
  const tensors = tf.memory().numTensors;
  const results = new Map<string, Read | null>();
  tf.tidy(() => {
    const inputs = { ...example.inputs(), ...(wanted && { wanted }) };
    const given = tf.memory().numTensors;
    const made = list(compute(inputs));
    const fresh = new Set(made.flatMap(([, tensor]) => tensor ?? [])).size;
    assert.ok(tf.memory().numTensors - given <= fresh, "no more tensors are left than it gives");
    for (const [name, tensor] of made)
      results.set(name, tensor && { shape: tensor.shape, values: tensor.dataSync<"float32">() });
  });
  assert.equal(tf.memory().numTensors, tensors, "a tensor was left behind");
  return results;
}

/** Each subset of the gradients that a backward may be asked for; `[null]` for an op that is none. */
function subsets({ gradients }: Declaration<Inputs, Tensors>): (Record<string, boolean> | null)[] {
  if (!gradients) return [null];
  return Array.from({ length: 2 ** gradients.length }, (_, bits) =>
    Object.fromEntries(gradients.map((name, i) => [name, (bits & (1 << i)) > 0])),
  );
}

/** Draws of its own are held to what a mask has to be. */
function assertMask({ rate }: { rate: number }, { values }: Read): void {
  const scale = Math.fround(1 / (1 - rate));
  for (const value of values) assert.ok(value === 0 || Math.abs(value - scale) < 1e-6, `${value}`);
  const dropped = values.filter((value) => value === 0).length / values.length;
  if (values.length > 1000) assert.ok(Math.abs(dropped - rate) < 0.05, `${dropped} are dropped`);
}

/** What every example should give, made once. */
const expectations = new Map<AnyOp, Map<string, Map<string, Read | null>>>();
const title = (example: Example<Inputs>, wanted: object | null) =>
  wanted ? `${example.title}, wanted ${JSON.stringify(wanted)}` : example.title;

async function expectAll(op: AnyOp): Promise<Map<string, Map<string, Read | null>>> {
  let known = expectations.get(op);
  if (known) return known;
  await useEngine("cpu");
  const { declaration } = op;
  known = new Map();
  for (const example of declaration.examples())
    for (const wanted of subsets(declaration))
      known.set(
        title(example, wanted),
        read(example, wanted, (inputs) => compose(declaration, inputs)),
      );
  expectations.set(op, known);
  return known;
}

onEveryEngine("Every op", (engine) => {
  for (const op of OPS) describe(op.declaration.name, () => testOp(engine, op));
});

function testOp(engine: EngineName, op: AnyOp): void {
  const declaration: Declaration<Inputs, Tensors> = op.declaration;
  let expected: Map<string, Map<string, Read | null>>;
  before(async () => {
    expected = await expectAll(op);
    await useEngine(engine);
  });

  const agree = (
    compute: (inputs: Inputs) => Tensors,
    tolerance: (example: Example<Inputs>) => number,
    differs?: string,
  ) => {
    let tried = 0;
    for (const example of declaration.examples())
      for (const wanted of subsets(declaration)) {
        const what = title(example, wanted);
        for (const [name, result] of read(example, wanted, compute)) {
          const value = expected.get(what)!.get(name)!;
          assert.deepEqual(result?.shape, value?.shape, `${what}: shape of ${name}`);
          if (result && differs) assertMask(example.inputs(), result);
          else if (result) assertClose(result.values, value.values, tolerance(example), `${what}: ${name}`);
        }
        tried++;
      }
    assert.ok(tried > 0);
  };

  it("its composed form gives what plain JavaScript gives", () => {
    agree(
      (inputs) => compose(declaration, inputs),
      ({ tolerance }) => tolerance,
    );
  });

  const precisions = withoutHalf(engine) ? (["fp32"] as const) : PRECISIONS;
  for (const kernel of declaration.kernels)
    it(`by ${kernel.by}, in each precision that it honours`, (t) => {
      const honoured = precisions.filter((each) => autocast(each, () => kernel.refuses(null)) === null);
      if (honoured.length === 0) return t.skip(kernel.refuses(null)!);
      for (const each of honoured) {
        let taken = 0;
        const compute = (inputs: Inputs) =>
          autocast(each, () => {
            if (kernel.refuses(inputs) !== null) return compose(declaration, inputs);
            taken++;
            return kernel.compute(inputs);
          });
        const tolerance =
          each === "fp32" ? (example: Example<Inputs>) => example.tolerance : inPrecision(each);
        agree(compute, tolerance, kernel.differs);
        assert.ok(taken > 0, `it took an example in ${each}`);
      }
    });

  const inPrecision = (half: Half) => (example: Example<Inputs>) =>
    Math.max(example.tolerance, (declaration.precision?.[half] ?? 0) * largest(expected, example));

  if (declaration.precision)
    for (const half of ["bf16", "fp16"] as const)
      it(`in ${half}, within its rounding`, (t) => {
        const why = withoutHalf(engine);
        if (why) return t.skip(why);
        agree((inputs) => autocast(half, () => op(inputs)), inPrecision(half));
      });
}

/** The largest number of what an example gives: rounding is relative to it. */
function largest(expected: Map<string, Map<string, Read | null>>, example: Example<Inputs>): number {
  let most = 0;
  for (const [what, results] of expected)
    if (what === example.title || what.startsWith(`${example.title}, wanted `))
      for (const result of results.values())
        for (const value of result?.values ?? []) most = Math.max(most, Math.abs(value));
  return most;
}

describe("The list of ops", () => {
  after(() => expectations.clear());

  it("holds every op that a file of src/ops defines", () => {
    const folder = join(__dirname, "../../src/ops");
    const defined = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && file !== "defineOp.ts")
      .flatMap((file) => [
        ...readFileSync(join(folder, file), "utf8").matchAll(/defineOp<[\s\S]*?\n {2}name: "(\w+)"/g),
      ])
      .map(([, name]) => name);
    assert.deepEqual(OPS.map(({ declaration }) => declaration.name).sort(), defined.sort());
    assert.equal(new Set(defined).size, defined.length);
  });

  it("says of each op's inputs and outputs what shape they have", () => {
    for (const { declaration } of OPS) {
      const [example] = declaration.examples();
      tf.tidy(() => {
        const inputs = example.inputs();
        for (const name of Object.keys(inputs))
          assert.ok(name in declaration.inputs, `${declaration.name}: ${name}`);
        assert.deepEqual(
          Object.keys(compose(declaration, inputs) as object).sort(),
          Object.keys(declaration.outputs).sort(),
        );
        for (const name of declaration.gradients ?? []) assert.ok(name in declaration.outputs);
      });
    }
  });

  it("is asked by nobody which backend computes: the registry and the engine alone look", () => {
    const src = join(__dirname, "../../src");
    const asking = readdirSync(src, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.startsWith("engine/"))
      .filter((file) =>
        /getBackend\(\)|nativeKernels\(\)|recording\(\)|isUsingGpuDevice/.test(
          readFileSync(join(src, file), "utf8"),
        ),
      );
    assert.deepEqual(asking.sort(), ["ops/kernels.ts"]);
  });
});
