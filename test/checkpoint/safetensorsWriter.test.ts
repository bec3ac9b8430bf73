import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { makeFolder, safetensorsBytes } from "./madeByHand";
import { writeSafetensors } from "./writeSafetensors";

const file = () => join(makeFolder(), "model.safetensors");

test("The file is, byte for byte, what the format asks for", () => {
  const path = file();
  writeSafetensors(path, [
    { name: "b", shape: [2], data: Float32Array.of(1.5, -0) },
    { name: "a", shape: [], data: Float32Array.of(Number.NaN) },
  ]);
  const header =
    '{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
  // Padded with spaces to a multiple of 8.
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
  const data = [0, 0, 0xc0, 0x3f, 0, 0, 0, 0x80, 0, 0, 0xc0, 0x7f];
  assert.deepEqual(readFileSync(path), safetensorsBytes(padded, data));
});

for (const dtype of ["F32", "F16", "BF16"] as const)
  test(`What is written as ${dtype} is read again, in the order given`, () => {
    const path = file();
    const { POSITIVE_INFINITY, NEGATIVE_INFINITY, NaN: nan } = Number;
    const values = [0.5, -0, 384, POSITIVE_INFINITY, NEGATIVE_INFINITY, nan];
    writeSafetensors(
      path,
      [
        { name: "z.weight", shape: [2, 3], data: Float32Array.from(values) },
        { name: "empty", shape: [0, 4], data: new Float32Array(0) },
        { name: "a.bias", shape: [1], data: Float32Array.of(2) },
      ],
      { dtype },
    );
    const back = SafetensorsFile.open(path);
    assert.deepEqual(new Set(back.tensors.keys()), new Set(["z.weight", "empty", "a.bias"]));
    assert.equal([...back.tensors.keys()].indexOf("a.bias"), 2);
    assert.equal(back.tensors.get("z.weight")?.dtype, dtype);
    assert.deepEqual(back.tensors.get("z.weight")?.shape, [2, 3]);
    assert.deepEqual([...back.readFloat32("z.weight")], values);
    assert.deepEqual([...back.readFloat32("a.bias")], [2]);
    back.close();
  });

test("A tensor larger than the piece that is rounded at a time is written whole", () => {
  const path = file();
  const values = Float32Array.from({ length: 600_000 }, (_, i) => (i % 2048) - 1024);
  writeSafetensors(path, [{ name: "x", shape: [600, 1000], data: values }], { dtype: "F16" });
  assert.deepEqual(SafetensorsFile.open(path).readFloat32("x"), values);
});

test("A view into a larger array writes its own elements alone", () => {
  const path = file();
  const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  for (const dtype of ["F32", "BF16"] as const) {
    writeSafetensors(path, [{ name: "x", shape: [2], data }], { dtype });
    assert.deepEqual(SafetensorsFile.open(path).readFloat32("x"), Float32Array.of(2, 3));
  }
});

test("Metadata is kept and may replace the default", () => {
  const path = file();
  writeSafetensors(path, [], { metadata: { format: "pt", step: "12" } });
  assert.deepEqual(SafetensorsFile.open(path).metadata, { format: "pt", step: "12" });
});

test("A finite value that would become infinite is named", () => {
  const path = file();
  const data = Float32Array.of(1, 70000, 2);
  assert.throws(() => writeSafetensors(path, [{ name: "w", shape: [3], data }], { dtype: "F16" }), {
    name: "InputError",
    message: `${path}: tensor "w" holds 70000 at element 1, which F16 would turn into infinity: write BF16 or F32`,
  });
  const over = Float32Array.of(3.4e38);
  assert.throws(() => writeSafetensors(path, [{ name: "w", shape: [1], data: over }], { dtype: "BF16" }), {
    message: /would turn into infinity: write F32$/,
  });
});

test("Data that does not fit its shape, a name given twice and impossible shapes are refused", () => {
  const path = file();
  const data = Float32Array.of(1, 2, 3);
  const write = (...tensors: { name: string; shape: number[] }[]) =>
    writeSafetensors(
      path,
      tensors.map((tensor) => ({ ...tensor, data })),
    );
  assert.throws(() => write({ name: "w", shape: [2, 2] }), {
    name: "InputError",
    message: `${path}: tensor "w" of shape [2,2] takes 4 elements, got 3`,
  });
  assert.throws(() => write({ name: "w", shape: [3] }, { name: "w", shape: [3] }), {
    message: `${path}: tensor "w" is given twice`,
  });
  assert.throws(() => write({ name: "__metadata__", shape: [3] }), /"__metadata__" is given twice/);
  assert.throws(() => write({ name: "w", shape: [-3] }), {
    message: `${path}: tensor "w" has shape [-3]; expected whole sizes of at least 0`,
  });
});

test("A folder that is not there is named", () => {
  const path = join(makeFolder(), "nowhere", "model.safetensors");
  assert.throws(() => writeSafetensors(path, []), {
    name: "InputError",
    message: `${path}: cannot be written (ENOENT)`,
  });
});
