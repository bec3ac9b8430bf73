import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSafetensorsHeader } from "../../src/checkpoint/parseSafetensorsHeader";
import { InputError } from "../../src/errors";

function parse(header: object | string | Uint8Array, dataBytes: number) {
  const bytes =
    header instanceof Uint8Array
      ? header
      : Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  return parseSafetensorsHeader("m.safetensors", bytes, 8 + bytes.length + dataBytes);
}

function refuses(header: object | string | Uint8Array, dataBytes: number, message: string | RegExp) {
  assert.throws(
    () => parse(header, dataBytes),
    (error: Error) => {
      assert.ok(error instanceof InputError);
      assert.ok(!error.message.includes("\n"), "one line");
      if (typeof message === "string") assert.equal(error.message, `m.safetensors: ${message}`);
      else assert.match(error.message, message);
      return true;
    },
  );
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

test("Tensors come in the order of their bytes, at offsets counted from the start of the file", () => {
  const header = { __metadata__: { format: "pt" }, b: f32(4, 12, [1, 2]), a: f32(0, 4, []) };
  const start = 8 + JSON.stringify(header).length;
  const { tensors, metadata } = parse(header, 12);
  assert.deepEqual(metadata, { format: "pt" });
  assert.deepEqual(
    [...tensors.values()],
    [
      { name: "a", dtype: "F32", shape: [], file: "m.safetensors", byteOffset: start, byteLength: 4 },
      { name: "b", dtype: "F32", shape: [1, 2], file: "m.safetensors", byteOffset: start + 4, byteLength: 8 },
    ],
  );
});

test("A file without tensors, empty tensors and padding after the JSON are all allowed", () => {
  assert.equal(parse("{}", 0).tensors.size, 0);
  assert.deepEqual(parse({ none: f32(0, 0, [3, 0]), one: f32(0, 4) }, 4).tensors.get("none")?.shape, [3, 0]);
  assert.equal(parse(`${JSON.stringify({ one: f32(0, 4) })}     `, 4).tensors.size, 1);
});

test("A tensor may bear any name, even one that means something to JavaScript", () => {
  const { tensors } = parse(
    `{"__proto__":${JSON.stringify(f32(0, 4))},"a\\"b":${JSON.stringify(f32(4, 8))}}`,
    8,
  );
  assert.deepEqual([...tensors.keys()], ["__proto__", 'a"b']);
});

test("A header that is not UTF-8, not an object or not JSON is refused", () => {
  refuses(
    Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
    0,
    "malformed safetensors file: its header is not UTF-8",
  );
  refuses("[]", 0, 'malformed safetensors file: its header starts with "[", not with "{"');
  refuses(" {}", 0, 'malformed safetensors file: its header starts with " ", not with "{"');
  refuses("", 0, 'malformed safetensors file: its header starts with "", not with "{"');
  refuses('{"a": ', 0, "malformed safetensors file: its header is not JSON");
  refuses('{"a":\n}', 0, "malformed safetensors file: its header is not JSON");
});

test("A name given twice is refused, though JSON.parse would keep the last", () => {
  const entry = JSON.stringify(f32(0, 4));
  refuses(`{"a":${entry},"a":${entry}}`, 4, 'malformed safetensors file: its header names "a" twice');
  refuses(`{"a":${entry},"\\u0061":${entry}}`, 4, /names "\\u0061" twice/);
  // The keys within an entry and strings that look like keys are none of it.
  assert.equal(parse(`{"__metadata__":{"x":"\\"a\\":{"},"a":${entry}}`, 4).tensors.size, 1);
});

test("An entry that lacks a part or has one of the wrong kind is shown", () => {
  const expected = '; expected {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}';
  const bad: [unknown, string][] = [
    [3, "3"],
    [null, "null"],
    [{ dtype: "F32", shape: [1] }, '{"dtype":"F32","shape":[1]}'],
    [{ shape: [1], data_offsets: [0, 4] }, '{"shape":[1],"data_offsets":[0,4]}'],
    [{ ...f32(0, 4), shape: [-1] }, '{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}'],
    [{ ...f32(0, 4), shape: [0.5] }, '{"dtype":"F32","shape":[0.5],"data_offsets":[0,4]}'],
    [{ ...f32(0, 4), shape: "1" }, '{"dtype":"F32","shape":"1","data_offsets":[0,4]}'],
    [{ ...f32(0, 4), data_offsets: [0, 4, 8] }, '{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}'],
    [{ ...f32(0, 4), data_offsets: [-4, 0] }, '{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}'],
  ];
  for (const [entry, shown] of bad)
    refuses(
      { a: entry },
      4,
      `malformed safetensors file: its header gives tensor "a" as ${shown}${expected}`,
    );
});

test("Metadata must be strings by name", () => {
  refuses(
    { __metadata__: ["pt"] },
    0,
    "malformed safetensors file: its header has a __metadata__ that is not an object",
  );
  refuses(
    { __metadata__: { epoch: 3 } },
    0,
    "malformed safetensors file: its header has a __metadata__.epoch of type number; only strings are allowed",
  );
});

test("An element type that is not read here is named beside those that are", () => {
  refuses(
    { a: { dtype: "F4", shape: [2], data_offsets: [0, 1] } },
    1,
    'tensor "a" has type F4; read here are F64, F32, F16, BF16, F8_E4M3, F8_E5M2, I64, I32, I16, I8, U64, U32, U16, U8, BOOL',
  );
  refuses({ a: { dtype: "toString", shape: [2], data_offsets: [0, 1] } }, 1, /has type toString/);
});

test("A size that does not fit shape and type is refused", () => {
  refuses(
    { a: f32(0, 8, [3]) },
    8,
    'malformed safetensors file: its header places tensor "a" at bytes 0 to 8, but F32 of shape [3] takes 12',
  );
  refuses(
    { a: { dtype: "F32", shape: [1], data_offsets: [8, 4] } },
    8,
    /at bytes 8 to 4, but F32 of shape \[1\] takes 4/,
  );
  const huge = 2 ** 52;
  refuses({ a: { dtype: "U8", shape: [huge, huge], data_offsets: [0, 4] } }, 4, /of shape .* takes 2\.028/);
});

test("A tensor that ends beyond the file means that the file is truncated", () => {
  const header = { a: f32(0, 4), b: f32(4, 12) };
  const size = 8 + JSON.stringify(header).length;
  refuses(
    header,
    11,
    `tensor "b" should end at byte ${size + 12} of the file, which has only ${size + 11}: it is truncated, copy or download it again`,
  );
});

test("Overlaps, holes and bytes left over are refused", () => {
  refuses(
    { a: f32(0, 8), b: f32(4, 12) },
    12,
    'malformed safetensors file: its header lets tensors "a" and "b" overlap',
  );
  refuses({ a: f32(0, 4), b: f32(0, 4) }, 4, /lets tensors "a" and "b" overlap/);
  refuses(
    { a: f32(0, 4), b: f32(8, 12) },
    12,
    'malformed safetensors file: its header leaves 4 bytes before tensor "b" that belong to none',
  );
  const header = { a: f32(0, 4) };
  const described = 8 + JSON.stringify(header).length + 4;
  refuses(
    header,
    7,
    `malformed safetensors file: its header describes ${described} bytes, but the file has ${described + 3}: 3 too many`,
  );
});
