import assert from "node:assert/strict";
import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { FileTensor } from "../../src/checkpoint/FileTensor";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import type { DType } from "../../src/checkpoint/safetensors";
import { toBfloat16, toFloat16 } from "../../src/checkpoint/toHalf";
import { TorchFile } from "../../src/checkpoint/torch/TorchFile";
import { FrostError } from "../../src/errors";
import { Random } from "../../src/random";
import { onEveryEngineAndWebgpu } from "../onEveryEngine";
import { safetensorsBytes, writeBytes } from "./madeByHand";
import { bytesRead, isOpen, skipWithoutProc } from "./openFiles";

// The tables of tests are small ones.
FileTensor.large = 0;

const [ENTRIES, WIDTH] = [700, 600];
// Of so few bits that every floating type holds the same.
const values = Float32Array.from({ length: ENTRIES * WIDTH }, (_, i) => ((i * 7919) % 255) / 4 - 30);

function stored(dtype: "F64" | "F32" | "F16" | "BF16" | "I64"): ArrayBufferView {
  if (dtype === "F64") return Float64Array.from(values);
  if (dtype === "F32") return values;
  if (dtype === "I64") return BigInt64Array.from(values, (value) => BigInt(Math.round(value)));
  const half = new Uint16Array(values.length);
  assert.equal(dtype === "F16" ? toFloat16(values, half) : toBfloat16(values, half), -1);
  return half;
}

/** A file of some bytes and then one table. */
function fileOf(dtype: DType, { buffer, byteLength }: { buffer: ArrayBufferLike; byteLength: number }) {
  const header = {
    first: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    table: { dtype, shape: [ENTRIES, WIDTH], data_offsets: [3, 3 + byteLength] },
  };
  const bytes = Buffer.concat([safetensorsBytes(header), Uint8Array.of(1, 2, 3), new Uint8Array(buffer)]);
  return SafetensorsFile.open(writeBytes(bytes));
}

/** The table of such a file, which nobody else has open. */
function tableOf(dtype: "F64" | "F32" | "F16" | "BF16" | "I64") {
  const file = fileOf(dtype, stored(dtype));
  const table = file.stored("table");
  file.close();
  return { path: file.path, table };
}

async function take(tensor: tf.Tensor): Promise<Float32Array> {
  const data = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return data.slice();
}

const rowsOf = (table: FileTensor, ids: number[]): tf.Tensor => {
  const tensor = tf.tensor1d(ids, "int32");
  try {
    return table.rows(tensor);
  } finally {
    tensor.dispose();
  }
};

onEveryEngineAndWebgpu("FileTensor", (engine) => {
  for (const dtype of ["F32", "F16", "BF16", "F64", "I64"] as const) {
    const expected = dtype === "I64" ? values.map((value) => Math.round(value) || 0) : values;

    it(`gives the values of a table of ${dtype}, whole, in pieces and by rows`, async () => {
      const before = tf.memory().numTensors;
      const { table } = tableOf(dtype);
      assert.deepEqual(table.shape, [ENTRIES, WIDTH]);
      assert.deepEqual(await take(table.read()), expected);
      assert.deepEqual(table.data(), expected);
      const pieces = [...table.pieces()].map(({ length }) => length);
      assert.ok(pieces.length > 1 && Math.max(...pieces) <= 2 ** 18, `${pieces}`);
      let at = 0;
      for (const piece of table.pieces()) {
        assert.deepEqual(piece, expected.subarray(at, at + piece.length));
        at += piece.length;
      }
      const random = new Random(3);
      const ids = [699, 0, 5, 5, 0, ...Array.from({ length: 200 }, () => random.integer(40))];
      // There it takes a wait to know the ids.
      assert.equal(table.byRows, engine !== "webgpu");
      if (table.byRows) {
        const rows = rowsOf(table, ids);
        assert.deepEqual(rows.shape, [ids.length, WIDTH]);
        const looked = ids.flatMap((id) => [...expected.subarray(id * WIDTH, (id + 1) * WIDTH)]);
        assert.deepEqual(await take(rows), Float32Array.from(looked));
      }
      table.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it("is read whole where it is a small table, since rows come faster from memory then", () => {
    const { table } = tableOf("F32");
    FileTensor.large = ENTRIES * WIDTH + 1;
    try {
      assert.equal(table.byRows, false);
    } finally {
      FileTensor.large = 0;
    }
    table.dispose();
  });

  it("reads nothing before it is asked, and of rows each one once", { skip: skipWithoutProc }, () => {
    const { table } = tableOf("F32");
    const read = (what: () => tf.Tensor | null) => {
      const before = bytesRead();
      what()?.dispose();
      return bytesRead() - before;
    };
    // What looking takes: the text that tells of it.
    const looking = read(() => null);
    const about = (taken: number, expected: number) =>
      assert.ok(Math.abs(taken - looking - expected) < 100, `${taken} bytes, not ${expected}`);
    about(
      read(() => {
        table.clone().dispose();
        return null;
      }),
      0,
    );
    about(
      read(() => table.read()),
      4 * values.length,
    );
    if (engine !== "webgpu")
      about(
        read(() => rowsOf(table, [3, 8, 3, 3, 699, 8])),
        3 * 4 * WIDTH,
      );
    table.dispose();
  });

  it("goes through a tensor in the memory of one piece", () => {
    const count = 16 * 2 ** 20;
    const header = safetensorsBytes({ x: { dtype: "F32", shape: [count], data_offsets: [0, 4 * count] } });
    const path = writeBytes(header);
    truncateSync(path, header.length + 4 * count);
    const file = SafetensorsFile.open(path);
    const tensor = file.stored("x");
    file.close();
    const before = process.memoryUsage().arrayBuffers;
    let [read, taken] = [0, 0];
    for (const piece of tensor.pieces()) {
      read += piece.length;
      taken = Math.max(taken, process.memoryUsage().arrayBuffers - before);
    }
    assert.equal(read, count);
    assert.ok(taken < 2 ** 21, `${taken} bytes for ${4 * count}`);
    tensor.dispose();
  });

  it("says which id is none of a table's, and leaves no tensor behind", {
    skip: engine === "webgpu" && "WebGPU does not give ids at once, so rows are not looked up in the file",
  }, () => {
    for (const dtype of ["F32", "F16"] as const) {
      const { table } = tableOf(dtype);
      const before = tf.memory().numTensors;
      for (const id of [ENTRIES, -1])
        assert.throws(() => rowsOf(table, [2, id, 4]), {
          message: new RegExp(`expected ids from 0 to 699, got ${id} in row 1$`),
        });
      assert.equal(tf.memory().numTensors, before);
      table.dispose();
    }
  });

  it("holds its file open until it and all its clones are disposed", { skip: skipWithoutProc }, async () => {
    const { path, table } = tableOf("F32");
    const clone = table.clone();
    table.dispose();
    table.dispose();
    assert.equal(isOpen(path), true);
    assert.deepEqual(await take(clone.read()), values);
    clone.dispose();
    assert.equal(isOpen(path), false);
    assert.throws(() => clone.read(), {
      name: "FrostError",
      message: /was closed before a tensor was read$/,
    });
  });

  it("reads what the file held when it was removed", async () => {
    const { path, table } = tableOf("BF16");
    rmSync(path);
    assert.deepEqual(await take(table.read()), values);
    table.dispose();
  });

  it("throws where the file was written to, rather than give other values", () => {
    for (const change of [
      (path: string) => writeFileSync(path, readFileSync(path).reverse()),
      (path: string) => writeFileSync(path, "short"),
      (path: string) => utimesSync(path, 1, 1),
    ]) {
      const { path, table } = tableOf("F32");
      change(path);
      const before = tf.memory().numTensors;
      const refused = new FrostError(
        `${path}: was changed after it was opened, so parameter table can no longer be read from it: load the model anew`,
      );
      assert.throws(() => table.read(), refused);
      assert.throws(() => table.data(), refused);
      assert.throws(() => [...table.pieces()], refused);
      if (engine !== "webgpu") assert.throws(() => rowsOf(table, [1]), refused);
      assert.equal(tf.memory().numTensors, before);
      table.dispose();
    }
  });

  it("names a float64 beyond float32's range where it is first met", () => {
    const large = Float64Array.from(values);
    large[5 * WIDTH + 2] = 1e300;
    const file = fileOf("F64", large);
    const table = file.stored("table");
    file.close();
    const refused = {
      name: "InputError",
      message: /tensor "table" holds 1e\+300 at element 3002, beyond float32's range: rescale it$/,
    };
    const before = tf.memory().numTensors;
    assert.throws(() => table.read(), refused);
    assert.throws(() => [...table.pieces()], refused);
    if (engine !== "webgpu") {
      assert.throws(() => rowsOf(table, [4, 5]), refused);
      rowsOf(table, [4, 6]).dispose();
    }
    assert.equal(tf.memory().numTensors, before);
    table.dispose();
  });

  it("gives tensors of a .bin, and looks up rows of those whose elements lie side by side", async () => {
    const file = TorchFile.open(join(__dirname, "../fixtures/torch/tensors.bin"));
    for (const name of file.tensors.keys()) {
      const tensor = file.stored(name);
      const expected = file.readFloat32(name);
      assert.deepEqual(await take(tensor.read()), expected, name);
      assert.deepEqual(tensor.data(), expected, name);
      assert.deepEqual(
        [...tensor.pieces()].flatMap((piece) => [...piece]),
        [...expected],
        name,
      );
      tensor.dispose();
    }
    if (engine !== "webgpu") {
      const [plain, turned] = ["f32", "transposed"].map((name) => file.stored(name));
      const [first, second] = [file.readFloat32("f32").slice(0, 2), file.readFloat32("f32").slice(2)];
      assert.deepEqual(
        await take(rowsOf(plain, [1, 0, 1])),
        Float32Array.from([...second, ...first, ...second]),
      );
      assert.equal(turned.byRows, false);
      for (const tensor of [plain, turned]) tensor.dispose();
    }
    file.close();
  });
});
