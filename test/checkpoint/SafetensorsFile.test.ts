import assert from "node:assert/strict";
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { FrostError, InputError } from "../../src/errors";
import { makeFolder, safetensorsBytes, writeBytes } from "./madeByHand";

/** Opens a file of one tensor, made of the given bytes. */
function open(dtype: string, shape: number[], bytes: number[]): SafetensorsFile {
  const header = { x: { dtype, shape, data_offsets: [0, bytes.length] } };
  return SafetensorsFile.open(writeBytes(safetensorsBytes(header, bytes)));
}

// Bytes as they lie in the file, lowest first, beside what they mean.
const cases: { dtype: string; bytes: number[]; values: number[] }[] = [
  {
    dtype: "F64",
    bytes: [0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0xf0, 0xff],
    values: [1.5, -0, Number.NEGATIVE_INFINITY],
  },
  {
    dtype: "F32",
    bytes: [0, 0, 0xc0, 0xbf, 1, 0, 0, 0, 0, 0, 0xc0, 0x7f, 0, 0, 0x80, 0x7f],
    values: [-1.5, 2 ** -149, Number.NaN, Number.POSITIVE_INFINITY],
  },
  {
    dtype: "F16",
    bytes: [0, 0x3e, 0, 0x80, 1, 0, 0xff, 3, 0, 4, 0xff, 0x7b, 0, 0x7c, 0, 0xfc, 1, 0x7c],
    values: [
      1.5,
      -0,
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      65504,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
    ],
  },
  {
    dtype: "BF16",
    bytes: [0xc0, 0x3f, 0, 0x80, 1, 0, 0x7f, 0x7f, 0x80, 0xff, 0xc0, 0x7f],
    values: [1.5, -0, 2 ** -133, 255 * 2 ** 120, Number.NEGATIVE_INFINITY, Number.NaN],
  },
  {
    dtype: "F8_E4M3",
    bytes: [0x3c, 0x80, 0x01, 0x7e, 0x7f, 0xff],
    values: [1.5, -0, 2 ** -9, 448, Number.NaN, Number.NaN],
  },
  {
    dtype: "F8_E5M2",
    bytes: [0x3e, 0x80, 0x01, 0x7b, 0x7c, 0xfc, 0x7d],
    values: [1.5, -0, 2 ** -16, 57344, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  },
  {
    dtype: "I64",
    bytes: [7, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 1, 0, 0, 0, 0],
    values: [7, -1, 16777216],
  },
  { dtype: "I32", bytes: [0xfe, 0xff, 0xff, 0xff], values: [-2] },
  { dtype: "I16", bytes: [0xfe, 0xff, 0, 1], values: [-2, 256] },
  { dtype: "I8", bytes: [0xfe, 0x7f], values: [-2, 127] },
  {
    dtype: "U64",
    bytes: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    values: [2 ** 64],
  },
  { dtype: "U32", bytes: [0, 0, 0, 0x80], values: [2 ** 31] },
  { dtype: "U16", bytes: [0xfe, 0xff], values: [65534] },
  { dtype: "U8", bytes: [0, 0xff], values: [0, 255] },
  { dtype: "BOOL", bytes: [0, 1, 0xff], values: [0, 1, 1] },
];

for (const { dtype, bytes, values } of cases)
  test(`${dtype} is read as float32`, () => {
    const file = open(dtype, [values.length], bytes);
    // Compared as plain arrays, where -0 is not 0 and any NaN is NaN.
    assert.deepEqual([...file.readFloat32("x")], values);
    file.close();
  });

test("A scalar has one element and a tensor with a size of 0 has none", () => {
  assert.deepEqual(open("F32", [], [0, 0, 0x80, 0x3f]).readFloat32("x"), Float32Array.of(1));
  assert.deepEqual(open("BF16", [0, 4], []).readFloat32("x"), new Float32Array(0));
});

test("Data need not be aligned: a header of odd length is read as well", () => {
  const header = '{"x":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}} ';
  assert.equal(header.length % 8, 7);
  const file = SafetensorsFile.open(writeBytes(safetensorsBytes(header, [0, 0, 0, 0, 0, 0, 0xf8, 0x3f])));
  assert.deepEqual(file.readFloat32("x"), Float32Array.of(1.5));
});

test("Each tensor is read from its own place", () => {
  const header = {
    __metadata__: { format: "pt" },
    first: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    second: { dtype: "I16", shape: [2], data_offsets: [3, 7] },
  };
  const file = SafetensorsFile.open(writeBytes(safetensorsBytes(header, [1, 2, 3, 4, 0, 5, 0])));
  assert.deepEqual(file.metadata, { format: "pt" });
  assert.deepEqual([...file.tensors.keys()], ["first", "second"]);
  assert.deepEqual(file.readFloat32("second"), Float32Array.of(4, 5));
  assert.deepEqual(file.readFloat32("first"), Float32Array.of(1, 2, 3));
});

test("A tensor larger than the piece that is converted at a time arrives whole", () => {
  const stored = Uint16Array.from({ length: 600_000 }, (_, i) => i % 0x7c00);
  const file = open("F16", [600, 1000], [...new Uint8Array(stored.buffer)]);
  const values = file.readFloat32("x");
  assert.equal(values.length, 600_000);
  for (const i of [0, 262_143, 262_144, 524_287, 524_288, 599_999])
    assert.equal(
      values[i],
      open("F16", [], [stored[i] & 255, stored[i] >> 8]).readFloat32("x")[0],
      `element ${i}`,
    );
});

test("Opening reads the header alone: a file of 64 GiB opens, and its last tensor is there", () => {
  const path = join(makeFolder(), "large.safetensors");
  const large = 64 * 2 ** 30;
  const header = safetensorsBytes({
    large: { dtype: "U8", shape: [large], data_offsets: [0, large] },
    last: { dtype: "U8", shape: [2], data_offsets: [large, large + 2] },
  });
  // Sparse: the disk holds only what is written.
  const descriptor = openSync(path, "w");
  writeSync(descriptor, header);
  ftruncateSync(descriptor, header.length + large + 2);
  writeSync(descriptor, Uint8Array.of(7, 9), 0, 2, header.length + large);
  closeSync(descriptor);
  const file = SafetensorsFile.open(path);
  assert.deepEqual(file.readFloat32("last"), Float32Array.of(7, 9));
  file.close();
});

test("Converting takes the memory of the result and one small piece", () => {
  const path = join(makeFolder(), "half.safetensors");
  const count = 16 * 2 ** 20;
  const header = safetensorsBytes({ x: { dtype: "BF16", shape: [count], data_offsets: [0, 2 * count] } });
  writeFileSync(path, header);
  truncateSync(path, header.length + 2 * count);
  const file = SafetensorsFile.open(path);
  const before = process.memoryUsage().arrayBuffers;
  const values = file.readFloat32("x");
  const taken = process.memoryUsage().arrayBuffers - before;
  assert.equal(values.length, count);
  assert.ok(taken < 4 * count + 2 ** 20, `${taken} bytes for ${count} elements`);
  file.close();
});

test("A float64 that float32 would turn into infinity is refused by name", () => {
  const bytes = [...new Uint8Array(Float64Array.of(1, 1e300).buffer)];
  assert.throws(() => open("F64", [2], bytes).readFloat32("x"), {
    name: "InputError",
    message: /tensor "x" holds 1e\+300 at element 1, beyond float32's range: rescale it$/,
  });
});

function refuses(path: string, message: string) {
  assert.throws(
    () => SafetensorsFile.open(path),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.message, `${path}: ${message}`);
      return true;
    },
  );
}

test("A file that is missing, a folder or no safetensors file says so", () => {
  const folder = makeFolder();
  refuses(join(folder, "nothing.safetensors"), "cannot be opened (ENOENT)");
  mkdirSync(join(folder, "folder"));
  refuses(join(folder, "folder"), "not a safetensors file: it is a folder or a device");
  refuses(writeBytes(Buffer.of()), "not a safetensors file: expected at least 8 bytes, got 0");
  refuses(writeBytes(Buffer.of(1, 2, 3)), "not a safetensors file: expected at least 8 bytes, got 3");
  refuses(
    writeBytes(Buffer.from("PK\u0003\u0004 a zip file, as torch.save writes it")),
    "not a safetensors file: its first 8 bytes announce a header of 8800140462016121680 bytes, more than the 100000000 allowed",
  );
});

test("A Git LFS pointer is told from weights", () => {
  refuses(
    writeBytes(Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n")),
    "not a safetensors file: it is a Git LFS pointer to one, left by a clone without Git LFS: run `git lfs pull`",
  );
});

test("A file cut off within its header or its data is called truncated", () => {
  const whole = safetensorsBytes({ x: { dtype: "U8", shape: [4], data_offsets: [0, 4] } }, [1, 2, 3, 4]);
  const size = whole.length;
  refuses(
    writeBytes(whole.subarray(0, 20)),
    `its header should end at byte ${size - 4} of the file, which has only 20: it is truncated, copy or download it again`,
  );
  refuses(
    writeBytes(whole.subarray(0, size - 1)),
    `tensor "x" should end at byte ${size} of the file, which has only ${size - 1}: it is truncated, copy or download it again`,
  );
});

test("A file that shrinks while it is open fails when it is read", () => {
  const path = writeBytes(
    safetensorsBytes({ x: { dtype: "U8", shape: [4], data_offsets: [0, 4] } }, [1, 2, 3, 4]),
  );
  const file = SafetensorsFile.open(path);
  writeFileSync(path, "");
  assert.throws(() => file.readFloat32("x"), new FrostError(`${path}: became shorter while it was open`));
  file.close();
});

test("A name that is not in the file, and reading after close, are errors", () => {
  const file = open("U8", [1], [1]);
  assert.throws(() => file.readFloat32("y"), { name: "InputError", message: /holds no tensor "y"$/ });
  file.close();
  file.close();
  assert.throws(() => file.readFloat32("x"), {
    name: "FrostError",
    message: /was closed before a tensor was read$/,
  });
});
