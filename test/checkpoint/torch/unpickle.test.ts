import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader } from "../../../src/checkpoint/torch/ByteReader";
import { torchGlobals } from "../../../src/checkpoint/torch/torchGlobals";
import { Global, unpickle } from "../../../src/checkpoint/torch/unpickle";
import { InputError } from "../../../src/errors";
import { OpenFile } from "../../../src/files/OpenFile";
import { writeBytes } from "../madeByHand";

/** Reads a pickle given as opcodes: texts stand for their bytes. */
function read(parts: (string | number)[], globals: ReadonlyMap<string, Global> = torchGlobals("x.bin")) {
  const bytes = Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Uint8Array.of(part) : Buffer.from(part, "latin1"))),
  );
  const file = new OpenFile(writeBytes(bytes, "x.bin"));
  try {
    return unpickle(new ByteReader(file, 0, bytes.length), {
      globals,
      persistent: (id) => ({ id }),
    });
  } finally {
    file.close();
  }
}

function refuses(parts: (string | number)[], message: RegExp) {
  assert.throws(
    () => read(parts),
    (error: Error) => {
      assert.ok(error instanceof InputError, String(error.stack));
      assert.match(error.message, /^\S*x\.bin: [^\n]+$/);
      assert.match(error.message, message);
      return true;
    },
  );
}

test("Numbers, texts, lists, tuples and dicts come as they were pickled", () => {
  assert.equal(read(["K", 200, "."]), 200);
  assert.equal(read(["M", 0xe9, 3, "."]), 1001);
  assert.equal(read(["J", 0xff, 0xff, 0xff, 0xff, "."]), -1);
  assert.equal(read([0x8a, 0, "."]), 0);
  assert.equal(read([0x8a, 2, 0, 0x80, "."]), -32768);
  assert.equal(read([0x8a, 5, 0, 0, 0, 0, 1, "."]), 2 ** 32);
  assert.equal(read([0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, "."]), 2n ** 64n);
  assert.equal(read(["G", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, "."]), 1.5);
  assert.equal(read(["X", 3, 0, 0, 0, "h\xc3\xa9."]), "hé");
  assert.equal(read(["U", 2, "hi."]), "hi");
  assert.equal(read(["T", 2, 0, 0, 0, "hi."]), "hi");
  assert.equal(read([0x80, 4, 0x95, 5, 0, 0, 0, 0, 0, 0, 0, 0x8c, 2, "hi", 0x94, "."]), "hi");
  assert.deepEqual(read(["(NK", 1, 0x88, 0x89, "t."]), [null, 1, true, false]);
  assert.deepEqual(read(["]N", "a(K", 1, "K", 2, "e."]), [null, 1, 2]);
  assert.deepEqual(read(["K", 1, "K", 2, 0x86, "."]), [1, 2]);
  assert.deepEqual(
    read(["}K", 1, "K", 2, "s(K", 3, "K", 4, "u."]),
    new Map([
      [1, 2],
      [3, 4],
    ]),
  );
  assert.deepEqual(read(["]q", 7, "h", 7, 0x86, "."]), [[], []]);
  assert.deepEqual(read(["]r", 1, 1, 0, 0, "j", 1, 1, 0, 0, 0x86, "."]), [[], []]);
  assert.deepEqual(read(["K", 5, "Q."]), { id: 5 });
});

test("A dict's own attributes are passed over", () => {
  assert.deepEqual(read(["ccollections\nOrderedDict\n)R}U", 9, "_metadataK", 1, "sb."]), new Map());
});

test("A name among the globals is called with its arguments", () => {
  const double = new Global("math.double", ([x]) => 2 * (x as number));
  assert.equal(read(["cmath\ndouble\nK", 21, 0x85, "R."], new Map([["math.double", double]])), 42);
});

const programs = [
  ["posix", "system"],
  ["nt", "system"],
  ["os", "system"],
  ["builtins", "eval"],
  ["builtins", "exec"],
  ["builtins", "getattr"],
  ["__builtin__", "apply"],
  ["subprocess", "Popen"],
  ["runpy", "_run_code"],
  ["webbrowser", "open"],
  ["torch", "load"],
  ["torch.hub", "load"],
  ["torch._utils", "_rebuild_sparse_tensor"],
  ["torch", "FloatStorage.__class__"],
  ["numpy.core.multiarray", "_reconstruct"],
  ["collections", "OrderedDict.fromkeys"],
  ["torch", "constructor"],
  ["", "__proto__"],
];
for (const [module, name] of programs)
  test(`${module}.${name} is refused by name in each of the ways in which a pickle can ask for it`, () => {
    const refused = new RegExp(
      `x\\.bin: names ${`${module}.${name}`.replaceAll(".", "\\.")}, which reading tensors has no need of: refused`,
    );
    refuses([`c${module}\n${name}\n(U`, 2, "ls", "tR."], refused);
    refuses([`(U`, 2, "ls", `i${module}\n${name}\n.`], refused);
    refuses(["U", module.length, module, "U", name.length, name, 0x93, ")R."], refused);
    refuses([`(c${module}\n${name}\no.`], refused);
    refuses([`c${module}\n${name}\n)`, 0x81, "."], refused);
  });

const needless = {
  PERSID: 0x50,
  OBJ: 0x6f,
  NEWOBJ: 0x81,
  EXT1: 0x82,
  NEWOBJ_EX: 0x92,
  NEXT_BUFFER: 0x97,
  INT: 0x49,
};
for (const [name, opcode] of Object.entries(needless))
  test(`The opcode ${name}, which tensors and containers have no need of, is refused with its place`, () => {
    refuses(
      [")", opcode, 1, "\n."],
      new RegExp(`its pickle has opcode 0x${opcode.toString(16)} at byte 1, which tensors and containers`),
    );
  });

test("A refused name that is no name is shown as a text, on one line", () => {
  refuses(
    ["U", 1, "a", "U", 2, "\n\0", 0x93, "."],
    /: names "a\.\\n\\u0000", which reading tensors has no need of/,
  );
});

test("Storage classes cannot be called, and names are only names", () => {
  refuses(["ctorch\nFloatStorage\n)R."], /malformed pickle: it calls torch\.FloatStorage$/);
  refuses(["U", 2, "hi)R."], /malformed pickle: it calls what is no function$/);
  refuses(["ccollections\nOrderedDict\nNR."], /malformed pickle: it calls collections\.OrderedDict$/);
  refuses(["ccollections\nOrderedDict\nN", 0x85, "R."], /an OrderedDict is made with arguments$/);
  refuses(["ctorch._utils\n_rebuild_tensor_v2\n)R."], /a tensor is not made of a storage, an offset/);
  refuses(["ctorch._utils\n_rebuild_parameter\n)R."], /a parameter is not made of a tensor$/);
});

test("A pickle that does not add up is refused: what it takes must be there", () => {
  refuses(["."], /takes a value where there is none/);
  refuses(["NN."], /ends with values left over/);
  refuses(["t."], /ends a group that it never began/);
  refuses(["N(", 0x85, "."], /takes a value where there is none/);
  refuses(["h", 3, "."], /recalls slot 3, which it never filled/);
  refuses(["NNa."], /appends to what is no list/);
  refuses(["]NNs."], /sets items of what is no dict/);
  refuses(["}(Nu."], /sets items of what is no dict/);
  refuses(["]Nb."], /sets attributes of what is no dict/);
  refuses([0x80, 6, "."], /it is of protocol 6/);
  refuses(["X", 0xff, 0xff, 0xff, 0xff, "hi"], /asks for 4294967295 bytes at byte 5, beyond its end at 7/);
  refuses(["cposix"], /asks for 1 bytes at byte 6, beyond its end at 6: it is truncated or damaged/);
});

test("A name without an end is given up on", () => {
  refuses([`c${"x".repeat(5000)}`], /a name before byte 1002 is longer than 1000 bytes$/);
});

test("A text longer than the window that is read at a time comes whole", () => {
  const long = "ab".repeat(50_000);
  assert.equal(read(["X", 0xa0, 0x86, 1, 0, long, "."]), long);
});

/** Lists that each hold the one before twice: the text of the last would be endless. */
const doubled = (times: number): (string | number)[] => [
  "]q",
  0,
  ...Array.from({ length: times }, (_, i) => ["](h", i, "h", i, "eq", i + 1]).flat(),
];

test("A name that is no text is refused before anybody asks for its text", () => {
  refuses([...doubled(60), "h", 60, 0x93, "."], /malformed pickle: it names what is no text$/);
  refuses(["U", 1, "a", ...doubled(60), 0x93, "."], /malformed pickle: it names what is no text$/);
  refuses(["NN", 0x93, "."], /malformed pickle: it names what is no text$/);
});

test("A list may hold itself; nobody walks over it", () => {
  const self = read(["]q", 0, "h", 0, "a."]) as unknown[];
  assert.equal(self[0], self);
});

test("More lists, tuples and dicts than a state dict can have are refused, of which a byte each is enough to fill memory", () => {
  for (const opcode of ["]", "}", ")"])
    refuses([opcode.repeat(1_000_001), "."], /it makes more than 1000000 lists, tuples and dicts/);
  refuses(["(t".repeat(1_000_001), "."], /it makes more than 1000000 lists, tuples and dicts/);
});
