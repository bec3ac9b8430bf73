import assert from "node:assert/strict";
import { test } from "node:test";
import { pythonJson } from "../../src/notebook/pythonJson";

class Point {
  x = 1;
}

test("What JSON changes in silence goes out as it is", () => {
  const cases: [unknown, string][] = [
    [Number.NaN, "NaN"],
    [[Infinity, -Infinity], "[Infinity, -Infinity]"],
    [-0, "-0.0"],
    [1e-12, "1e-12"],
    [5e-324, "5e-324"],
    [2 ** 53 - 1, "9007199254740991"],
    [1.2345678901234567e19, "1.2345678901234567e+19"],
    [9007199254740993n, "9007199254740993"],
    [Float32Array.of(0.1, Number.NaN), "[0.10000000149011612, NaN]"],
    [BigInt64Array.of(-(2n ** 63n)), "[-9223372036854775808]"],
    [Buffer.from([1, 2]), "[1, 2]"],
    [
      new Map<string, unknown>([
        ["a", 1],
        ["b", new Map()],
      ]),
      '{"a": 1, "b": {}}',
    ],
    [{ a: undefined, b: [undefined, null] }, '{"a": null, "b": [null, null]}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ ["__proto__"]: 1, 'a"b': "é\u2028\ud800" }, '{"__proto__": 1, "a\\"b": "é\u2028\\ud800"}'],
    [Object.create(null), "{}"],
    [true, "true"],
  ];
  for (const [value, text] of cases) assert.equal(pythonJson("x", value), text);
});

test("What Python cannot hold is refused by its place, with what to do", () => {
  const itself: { self?: object } = {};
  itself.self = itself;
  const cases: [unknown, string][] = [
    [() => 1, "x: expected a value that Python can hold as it is, got a function"],
    [{ a: [Symbol("s")] }, "x.a[0]: expected a value that Python can hold as it is, got a symbol"],
    [new Set([1]), "x: expected a value that Python can hold as it is, got a Set; hand out [...it]"],
    [
      { "a b": new Map([[1, 2]]) },
      'x["a b"]: expected a value that Python can hold as it is, got a Map with a number as key; hand out [...it]',
    ],
    [
      Promise.resolve(1),
      "x: expected a value that Python can hold as it is, got a Promise; write await before it",
    ],
    [
      /a/,
      "x: expected a value that Python can hold as it is, got a RegExp; hand out the fields that you want",
    ],
    [
      new Error("no"),
      "x: expected a value that Python can hold as it is, got a Error; hand out the fields that you want",
    ],
    [
      new Point(),
      "x: expected a value that Python can hold as it is, got a Point; hand out the fields that you want",
    ],
    [
      new DataView(new ArrayBuffer(1)),
      "x: expected a value that Python can hold as it is, got a DataView; hand out the fields that you want",
    ],
    [itself, "x.self: expected a value that Python can hold as it is, got an object that refers to itself"],
    [new Date(Number.NaN), "x: expected a value that Python can hold as it is, got a Date that is none"],
  ];
  for (const [value, told] of cases)
    assert.throws(() => pythonJson("x", value), { name: "InputError", message: `-o ${told}` });
});

test("The same object twice, side by side, is no reference to itself", () => {
  const one = { a: 1 };
  assert.equal(pythonJson("x", [one, one]), '[{"a": 1}, {"a": 1}]');
});
