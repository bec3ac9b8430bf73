import fc, { type Arbitrary } from "fast-check";

const nat = fc.nat({ max: 0x7fffffff });

/** Bytes that break what a format takes for granted: ends of integers, signs, quotes, brackets, terminal codes, halves of characters. */
const PIECES = [
  ...[
    "\0",
    "\xff",
    "\xff\xff\xff\xff\xff\xff\xff\x7f",
    "\x80",
    "\x7f",
    "\x1b[2J",
    "\r",
    "\n",
    '"',
    "'",
    "\\",
    "{",
    "[",
    "]}",
    ",",
  ],
  ...[
    "\xed\xa0\x80",
    "\xef\xbb\xbf",
    "-",
    "1e999",
    "NaN",
    "__proto__",
    "../../etc/passwd",
    "[".repeat(300),
    "{".repeat(5000),
  ],
].map((text) => Buffer.from(text, "latin1"));

interface Edit {
  kind: number;
  at: number;
  length: number;
  pick: number;
}

const edits = (kinds: number): Arbitrary<Edit[]> =>
  fc.array(fc.record({ kind: fc.nat({ max: kinds - 1 }), at: nat, length: fc.nat({ max: 64 }), pick: nat }), {
    minLength: 1,
    maxLength: 6,
  });

function edit(bytes: Buffer, { kind, at, length, pick }: Edit): Buffer {
  const start = at % (bytes.length + 1);
  const [before, within, after] = [
    bytes.subarray(0, start),
    bytes.subarray(start, start + length),
    bytes.subarray(start + length),
  ];
  switch (kind) {
    case 0: // a bit flips
      return Buffer.concat([
        before,
        within.map((byte, i) => (i === 0 ? byte ^ (1 << (pick % 8)) : byte)),
        after,
      ]);
    case 1: // a byte is another
      return Buffer.concat([before, within.map((byte, i) => (i === 0 ? pick % 256 : byte)), after]);
    case 2: // a stretch is missing
      return Buffer.concat([before, after]);
    case 3: // it stands twice, or many times
      return Buffer.concat([before, ...Array(1 + (pick % 5 === 0 ? 200 : 1)).fill(within), after]);
    case 4: // something is put in
      return Buffer.concat([before, PIECES[pick % PIECES.length], within, after]);
    case 5: // the rest never came
      return before;
    default: // a number in it is another, as sizes and counts are
      return Buffer.from(
        bytes
          .toString("latin1")
          .replace(/\d+/g, (number, place: number) =>
            Math.abs(place - start) < 40 ? NUMBERS[pick % NUMBERS.length] : number,
          ),
        "latin1",
      );
  }
}

const NUMBERS = ["0", "-1", "1", "7", "1e9", "4294967296", "9007199254740993", "1e400", "0.5"];

/** One of these with a few bytes changed, missing, doubled or added. */
export const mutatedBytes = (bases: readonly Buffer[]): Arbitrary<Buffer> =>
  fc.tuple(fc.nat({ max: bases.length - 1 }), edits(7)).map(([base, list]) => list.reduce(edit, bases[base]));

/** Values that a field of JSON can have and nobody expects. */
const VALUES: readonly (() => unknown)[] = [
  ...[
    null,
    true,
    false,
    0,
    -1,
    0.5,
    1e9,
    2 ** 31,
    2 ** 53 + 2,
    1e300,
    -1e300,
    "",
    "x",
    "\u001b[2J",
    "\n",
    "NaN",
  ],
  ...[
    "__proto__",
    "constructor",
    "../x",
    "/etc/passwd",
    "(a+)+$",
    "[",
    "\\",
    "\ud800",
    [],
    {},
    [[]],
    [null],
    [0, 0],
  ],
].map((value) => () => structuredClone(value));
const MORE: readonly (() => unknown)[] = [
  ...VALUES,
  () => "y".repeat(100_000),
  () => Array(10_000).fill(0),
  () => JSON.parse(`${"[".repeat(150)}${"]".repeat(150)}`),
  () => Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, i])),
];
const KEYS = ["__proto__", "constructor", "toString", "", "0", "x".repeat(1000), "\u001b[2J"];

function change(value: unknown, { kind, at, pick }: Edit): unknown {
  const root = { root: value };
  let holder: Record<string, unknown> = root;
  let key = "root";
  // Down at random, to a place of any depth.
  for (let seed = at; ; seed = (seed * 48271) % 0x7fffffff) {
    const inside = holder[key];
    if (typeof inside !== "object" || inside === null || (key !== "root" && seed % 4 === 0)) break;
    const keys = Object.keys(inside);
    if (keys.length === 0) break;
    holder = inside as Record<string, unknown>;
    key = keys[seed % keys.length];
  }
  const other = MORE[pick % MORE.length];
  if (kind === 0) delete holder[key];
  else if (kind === 1)
    Object.defineProperty(holder, KEYS[pick % KEYS.length], {
      value: holder[key],
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else if (kind === 2 && typeof holder[key] === "number")
    holder[key] = (holder[key] as number) * [2, -1, 10, 1000, 1e6][pick % 5];
  else holder[key] = other();
  return root.root;
}

/** The JSON of one of these with a few fields changed, missing, renamed or added; or as bytes with some changed. */
export const mutatedJson = (bases: readonly Buffer[]): Arbitrary<Buffer> =>
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc
        .tuple(fc.nat({ max: bases.length - 1 }), edits(5))
        .map(([base, list]) =>
          Buffer.from(JSON.stringify(list.reduce(change, JSON.parse(bases[base].toString()))) ?? "null"),
        ),
    },
    { weight: 1, arbitrary: mutatedBytes(bases) },
  );
