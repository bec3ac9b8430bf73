import assert from "node:assert/strict";
import { test } from "node:test";
import { OnnxGraph } from "../../src/ops/OnnxGraph";

test("A node's output is named after scope, type and number", () => {
  const graph = new OnnxGraph();
  graph.scope = "head";
  assert.equal(graph.op("Relu", ["x"]), "head/Relu_0");
  assert.equal(graph.op("Relu", ["head/Relu_0"]), "head/Relu_1");
});

test("An input is listed once it is read, as tokens unless it says otherwise", () => {
  const graph = new OnnxGraph();
  const pixels = { type: "float32", shape: ["batch_size", 3] } as const;
  assert.equal(graph.input("input_ids"), "input_ids");
  graph.input("pixel_values", { ...pixels, shape: [...pixels.shape] });
  graph.input("input_ids");
  assert.deepEqual(
    [...graph.inputs],
    [
      ["input_ids", { type: "int64", shape: ["batch_size", "sequence_length"] }],
      ["pixel_values", pixels],
    ],
  );
});

test("Equal constants are one, and those of other types or shapes are others", () => {
  const graph = new OnnxGraph();
  assert.equal(graph.float(1), graph.float(1));
  const names = [graph.float(1), graph.int(1), graph.ints(1), graph.ints(1, 2), graph.float(1.5)];
  assert.equal(new Set(names).size, 5);
  assert.deepEqual(graph.constants.get(graph.ints(1, 2)), { type: "int64", shape: [2], values: [1, 2] });
  assert.equal(graph.constants.size, 5);
});

test("A shape of numbers is a constant; one with the number of texts is put together when the model runs", () => {
  const graph = new OnnxGraph();
  assert.equal(graph.shape(-1, 8), graph.ints(-1, 8));
  assert.deepEqual(graph.nodes, []);
  graph.give("batchSize", () => graph.op("Size", ["x"]));
  graph.scope = "block";
  const shape = graph.shape("batchSize", -1, 8);
  assert.deepEqual(graph.nodes, [
    { type: "Size", inputs: ["x"], output: "inputs/Size_0", attributes: {} },
    {
      type: "Concat",
      inputs: ["inputs/Size_0", graph.ints(-1), graph.ints(8)],
      output: shape,
      attributes: { axis: { int: 0 } },
    },
  ]);
  assert.equal(shape, "block/Concat_1");
  graph.shape("batchSize");
  assert.equal(graph.nodes.filter(({ type }) => type === "Size").length, 1, "made once");
});

test("A row of decimals is a constant of its own, told from whole numbers", () => {
  const graph = new OnnxGraph();
  const name = graph.floats(0.5, 2);
  assert.deepEqual(graph.constants.get(name), { type: "float32", shape: [2], values: [0.5, 2] });
  assert.notEqual(graph.floats(1, 2), graph.ints(1, 2));
});

test("A long row of numbers has a short name, which differs where any number does", () => {
  const graph = new OnnxGraph();
  const row = Array.from({ length: 1000 }, (_, i) => i);
  const names = [graph.ints(...row), graph.ints(...row.slice(0, -1), 0), graph.ints(...row)];
  assert.ok(names.every((name) => name.length < 100));
  assert.equal(new Set(names).size, 2);
  assert.deepEqual(graph.constants.get(names[0])?.values, row);
});

test("Sizes are read off when the model runs, and shapes, counts and slices are made of them", () => {
  const graph = new OnnxGraph();
  const size = graph.size("x", 1);
  const shape = graph.shape(size, -1);
  const counted = graph.count(size);
  const part = graph.slice("x", 1, 2, size);
  const shown = graph.nodes.map(({ type, inputs, output }) => [output, type, ...inputs]);
  assert.deepEqual(shown, [
    ["/Shape_0", "Shape", "x"],
    [size, "Gather", "/Shape_0", graph.ints(1)],
    [shape, "Concat", size, graph.ints(-1)],
    ["/Squeeze_3", "Squeeze", size],
    [counted, "Range", graph.int(0), "/Squeeze_3", graph.int(1)],
    [part, "Slice", "x", graph.ints(2), size, graph.ints(1)],
  ]);
});

test("Both sizes of a batch of texts can be named in a shape, and one that was not given is refused", () => {
  const graph = new OnnxGraph();
  for (const size of ["batchSize", "sequenceLength"] as const) graph.give(size, () => size.toUpperCase());
  graph.shape("batchSize", "sequenceLength", 8);
  assert.deepEqual(graph.nodes[0].inputs, ["BATCHSIZE", "SEQUENCELENGTH", graph.ints(8)]);
  assert.throws(() => new OnnxGraph().shape("batchSize"), { name: "InputError" });
});
