import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { TorchFile } from "../../../src/checkpoint/torch/TorchFile";
import { InputError } from "../../../src/errors";
import { writeBytes } from "../madeByHand";

const fixtures = join(__dirname, "../../fixtures/torch");
const fixture = (name: string) => join(fixtures, name);

const expected: Record<string, { shape: number[]; values: string[] }> = JSON.parse(
  readFileSync(fixture("expected.json"), "utf8"),
);
const numberOf = (text: string) => (text === "inf" ? Number.POSITIVE_INFINITY : Number(text));

function refuses(path: string, message: string | RegExp) {
  assert.throws(
    () => TorchFile.open(path),
    (error: Error) => {
      assert.ok(error instanceof InputError, String(error.stack));
      assert.ok(!error.message.includes("\n"), "one line");
      if (typeof message === "string") assert.equal(error.message, `${path}: ${message}`);
      else assert.match(error.message, message);
      assert.ok(error.message.startsWith(path), "the file is named");
      return true;
    },
  );
}

for (const name of ["tensors.bin", "tensors-protocol-4.bin", "tensors-legacy.bin"])
  test(`${name} that torch wrote gives every tensor's shape and values, whatever its type and its place in a storage`, () => {
    const file = TorchFile.open(fixture(name));
    assert.deepEqual([...file.tensors.keys()], Object.keys(expected));
    for (const [tensor, { shape, values }] of Object.entries(expected)) {
      assert.deepEqual(file.tensors.get(tensor)?.shape, shape, tensor);
      assert.deepEqual(
        file.readFloat32(tensor),
        Float32Array.from(values.map(numberOf)),
        `${tensor} of shape [${shape}]`,
      );
    }
    file.close();
  });

test("Types are those of safetensors", () => {
  const file = TorchFile.open(fixture("tensors.bin"));
  const types = ["f64", "f16", "bf16", "i64", "i32", "i16", "i8", "u8", "bool", "parameter"].map(
    (name) => file.tensors.get(name)?.dtype,
  );
  assert.deepEqual(types, ["F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL", "F32"]);
  file.close();
});

test("Tied tensors share one place in the file and are read under both names", () => {
  const file = TorchFile.open(fixture("tensors.bin"));
  const [tied, first] = ["tied", "f32"].map((name) => file.tensors.get(name)!);
  assert.deepEqual({ ...tied, name: "f32" }, first);
  file.close();
});

test("A tensor can be read until the file is closed, and only those that are in it", () => {
  const file = TorchFile.open(fixture("tensors.bin"));
  assert.throws(() => file.readFloat32("weight"), {
    name: "InputError",
    message: `${fixture("tensors.bin")}: holds no tensor "weight"`,
  });
  file.close();
  file.close();
  assert.throws(() => file.readFloat32("f32"), { message: /was closed before a tensor was read$/ });
});

test("A file that would run a program in Python is refused by the program's name, and nothing is run", () => {
  refuses(
    fixture("hostile.bin"),
    "names posix.system, which reading tensors has no need of: refused, and nothing was run; if you trust its maker, load it in Python and save its state dict as safetensors",
  );
  assert.ok(!existsSync("frostkit-was-here") && !existsSync(fixture("frostkit-was-here")));
});

/** A file of the old format whose state dict is pickled so: texts stand for their bytes. */
function oldFormat(...stateDict: (string | number)[]): string {
  const bytes = (part: string | number) =>
    typeof part === "number" ? Uint8Array.of(part) : Buffer.from(part, "latin1");
  const start = readFileSync(fixture("tensors-legacy.bin"));
  const head = start.subarray(0, start.indexOf(Uint8Array.of(0x80, 2, 0x63)));
  return writeBytes(Buffer.concat([head, ...[...stateDict, ".", 0x80, 2, "]."].map(bytes)]), "old.bin");
}

test("Whatever else a pickle may hold in a state dict's place is refused with what it is", () => {
  const expected = "expected a state dict, tensors by name; got";
  refuses(oldFormat("N"), `${expected} null`);
  refuses(oldFormat("]"), `${expected} a list`);
  refuses(oldFormat("}"), `${expected} an empty dict`);
  refuses(oldFormat("U", 2, "hi"), `${expected} "hi"`);
  refuses(oldFormat("}K", 1, "Ns"), `${expected} null under 1`);
  // A list that holds itself, as a name and as a value.
  refuses(oldFormat("}]q", 0, "h", 0, "ah", 0, "s"), `${expected} a list under a list`);
  refuses(oldFormat("}U", 1, "a}K", 1, "K", 2, "ss"), `${expected} a dict under "a"`);
  refuses(oldFormat("}U", 1, "actorch\nFloatStorage\ns"), `${expected} an object under "a"`);
});

test("What torch.save writes besides state dicts is refused with what was found", () => {
  refuses(
    fixture("training.bin"),
    'expected a state dict, tensors by name; got 3 under "epoch"; they lie under "state_dict": save these alone by torch.save(torch.load(path)["state_dict"], path)',
  );
  refuses(fixture("script.bin"), /: is a TorchScript program; expected the state dict/);
  refuses(
    fixture("float8.bin"),
    /: names torch\.(_utils|storage)\.\w+, which reading tensors has no need of/,
  );
});

test("A file of a big-endian machine is refused, in the archive and in the old format", () => {
  refuses(fixture("big-endian.bin"), /: has the byte order "big"; expected "little": load it in Python/);
  const bytes = readFileSync(fixture("tensors-legacy.bin"));
  const flag = bytes.indexOf("little_endian") + "little_endian".length + 2;
  assert.equal(bytes[flag], 0x88, "the opcode of True");
  bytes[flag] = 0x89;
  refuses(writeBytes(bytes, "big.bin"), /: was written on a big-endian machine/);
});

test("An archive that says nothing of the byte order is little-endian, as before torch 2.1", () => {
  const file = TorchFile.open(fixture("without-byte-order.bin"));
  assert.deepEqual(file.readFloat32("weight"), Float32Array.of(1, 1));
  file.close();
});

test("An archive that torch.save would not write is refused with what it lacks", () => {
  refuses(fixture("without-storage.bin"), 'expected 8 bytes in its entry "small/data/0", which is missing');
  refuses(fixture("without-pickle.bin"), /: not a file of torch\.save: its archive holds no data\.pkl, but /);
  refuses(
    fixture("compressed.bin"),
    'its entry "small/data.pkl" is compressed, which torch.save never does: unpack the archive and zip it again with `zip -0`',
  );
});

test("Other files are told from those of torch.save", () => {
  const of = (content: string | Uint8Array) => writeBytes(Buffer.from(content as string), "x.bin");
  refuses(of(""), /: not a file of torch\.save: it is empty$/);
  refuses(of("hello"), /: it begins neither as a zip archive nor as a pickle of protocol 2$/);
  refuses(of("version https://git-lfs.github.com/spec/v1\n"), /a Git LFS pointer/);
  refuses(
    of(Uint8Array.of(0x80, 2, 0x4e, 0x2e)),
    /: not a file of torch\.save: it is a pickle of something else$/,
  );
  refuses(fixtures, /: not a file of torch\.save: it is a folder or a device$/);
  refuses(join(fixtures, "nowhere.bin"), "cannot be opened (ENOENT)");
});

for (const name of ["tensors.bin", "tensors-legacy.bin"])
  test(`${name}, cut off anywhere, is refused in one line that names it`, () => {
    const bytes = readFileSync(fixture(name));
    for (let length = 1; length < bytes.length; length += 7)
      refuses(writeBytes(bytes.subarray(0, length), "cut.bin"), /truncated|damaged|neither as/);
  });

for (const name of ["tensors.bin", "tensors-legacy.bin"])
  test(`${name} with a byte of its pickle changed is read or refused, never anything else`, () => {
    const original = readFileSync(fixture(name));
    const [from, to] = [original.indexOf("collections") - 3, original.lastIndexOf("_metadata") + 40];
    let refused = 0;
    for (let at = from; at < to; at += 7)
      for (const byte of [0, 0x28, 0x52, 0x62, 0x80, 0xff]) {
        const bytes = Buffer.from(original);
        bytes[at] = byte;
        const path = writeBytes(bytes, "changed.bin");
        try {
          TorchFile.open(path).close();
        } catch (error) {
          assert.ok(error instanceof InputError, `byte ${at} as ${byte}: ${(error as Error).stack}`);
          assert.ok(error.message.startsWith(path) && !error.message.includes("\n"), error.message);
          refused++;
        }
      }
    assert.ok(refused > 150, `${refused} refused`);
  });
