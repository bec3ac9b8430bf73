import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { useEngine } from "../../src/engine/useEngine";
import { FrostError, InputError } from "../../src/errors";
import * as frostkit from "../../src/index";
import { kindOf } from "../../src/options/kinds";
import type { OptionTable } from "../../src/options/Option";
import { type OptionOwner, readOptions } from "../../src/options/readOptions";
import { OPTIONS } from "../../src/options/table";
import type { FineTuneData } from "../../src/training/FineTuneOptions";
import { fineTune } from "../../src/training/fineTune";
import { loadTiny, toyRows } from "../training/toyData";
import { CALLS, data, WITHOUT_OPTIONS } from "./calls";

const owners = Object.keys(OPTIONS) as OptionOwner[];

/** Options that hold what they must, so that another one is what is wrong. */
function requiredOf(table: OptionTable): Record<string, unknown> {
  const required = Object.entries(table).filter(([, entry]) => entry.required);
  return Object.fromEntries(required.map(([name]) => [name, 0]));
}

before(() => useEngine("onnxruntime"));

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

test("Every exported function either has an entry in the table of options or is known to take none", () => {
  const exported = Object.entries(frostkit).flatMap(([name, value]) => {
    if (typeof value === "function") return [name];
    const methods = Object.entries(Object(value)).filter(([, method]) => typeof method === "function");
    return Array.isArray(value) ? [] : methods.map(([method]) => `${name}.${method}`);
  });
  const known = [...owners, ...WITHOUT_OPTIONS];
  assert.deepEqual(
    exported.filter((name) => !known.includes(name)),
    [],
    "add its options to src/options/table.ts and a call to test/options/calls.ts",
  );
  assert.deepEqual(
    WITHOUT_OPTIONS.filter((name) => !exported.includes(name)),
    [],
  );
  const methods = ["savePretrained", "model.forward"];
  assert.deepEqual(
    owners.filter((name) => !exported.includes(name)),
    methods,
  );
});

for (const owner of owners)
  describe(owner, () => {
    const table: OptionTable = OPTIONS[owner];
    const refuses = async (options: unknown, message: string | RegExp) =>
      assert.rejects(
        async () => {
          await CALLS[owner](options);
        },
        (error: Error) => {
          assert.ok(error instanceof InputError && error instanceof FrostError, `${error.stack}`);
          if (typeof message === "string") assert.equal(error.message, message);
          else assert.match(error.message, message);
          assert.doesNotMatch(error.message, /\n/);
          return true;
        },
      );

    test("refuses an option that it does not know, whatever it holds", async () => {
      for (const value of [1, undefined, null, {}])
        await refuses(
          { ...requiredOf(table), xyzzy: value },
          new RegExp(`^${owner}: unknown option xyzzy; it `),
        );
    });

    test("is not misled by names that every object knows", async () => {
      for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf"])
        await refuses({ ...requiredOf(table), [name]: 1 }, new RegExp(`^${owner}: unknown option ${name}; `));
      await refuses(JSON.parse('{"__proto__": 1}'), new RegExp(`^${owner}: unknown option __proto__; `));
    });

    test("sees an option that options inherit from others", async () => {
      await refuses(Object.create({ xyzzy: 1 }), new RegExp(`^${owner}: unknown option xyzzy; `));
    });

    test("refuses what is no object of options", async () => {
      for (const options of [null, 3, "fast", [1], true])
        await refuses(options, new RegExp(`^${owner}: expected an object`));
      await refuses(
        Promise.resolve({}),
        `${owner}: expected an object of options, got a Promise: await it first`,
      );
    });

    for (const [name, { also = [], kind }] of Object.entries(table)) {
      test(`names ${name} where it is misspelt, or called what others call it`, async () => {
        const slips = [snake(name), name.toUpperCase(), `${name}s`.replace(/ss$/, "sx"), ...also];
        for (const slip of slips.filter((each) => !Object.hasOwn(table, each)))
          await refuses({ [slip]: 1 }, `${owner}: unknown option ${slip}; did you mean ${name}?`);
      });

      test(`refuses what ${name} cannot be`, async () => {
        const rest = requiredOf(table);
        for (const value of [null, Symbol("s"), Number.NaN])
          await refuses({ ...rest, [name]: value }, new RegExp(`^${name}(\\.|\\[|: ).*expected .*got `));
        // A number's text is no number.
        if (kind.range) await refuses({ ...rest, [name]: "1" }, /got "1"$/);
      });
    }
  });

test("What takes no options refuses those that stand behind its arguments, and is no worse for map", async () => {
  const f = frostkit as unknown as Record<string, (...args: unknown[]) => unknown>;
  const calls = [
    ...["bitFit", "trainNorms", "mergeLora", "unmergeLora", "removeLora", "fromLayersModel"],
    ...["formatSummary", "confusionMatrixFigure", "loadTokenizer", "loadImageTransform"],
    ...["latestSweep", "bundled", "useEngine", "whyNot", "searchFigure", "learningRateFigure"],
  ];
  for (const name of calls)
    await assert.rejects(async () => f[name]({}, { metric: "f1" }), {
      name: "InputError",
      message: `${name}: unknown option metric; it takes none`,
    });
  for (const name of [
    "confusionMatrix",
    "takeRows",
    "savePeft",
    "loadPeft",
    "readRecords",
    "checkSubmission",
    "fitThresholds",
    "fitCutPoints",
    "readOutOfFold",
  ])
    await assert.rejects(async () => f[name]({}, {}, { metric: "f1" }), {
      name: "InputError",
      message: `${name}: unknown option metric; it takes none`,
    });
  await assert.rejects(async () => f.blend([], [], { metric: "f1" }), {
    name: "InputError",
    message: "blend: unknown option metric; it takes none",
  });
  for (const name of ["labelsAbove", "toGrades"])
    await assert.rejects(async () => f[name]([], [], [], { metric: "f1" }), {
      name: "InputError",
      message: `${name}: unknown option metric; it takes none`,
    });
  for (const [name, takes] of [
    ["listParams", "model and pattern"],
    ["freezeWhere", "model and pattern"],
    ["unfreezeWhere", "model and pattern"],
    ["topNLayerFreeze", "model and n"],
    ["topNLayerUnfreeze", "model and n"],
  ])
    await assert.rejects(async () => f[name]({}, 3, { dryRun: true }), {
      name: "FreezeError",
      message: `${name} takes two arguments, ${takes}, got a third: {"dryRun":true}`,
    });
  await assert.rejects(async () => f.bundled("all-MiniLM-L6-v2", "config.json"), {
    message: 'bundled: expected no further argument, got "config.json"',
  });
  const untested = WITHOUT_OPTIONS.filter(
    (name) =>
      !/Error$|^Random$|[fF]reezeWhere$|^listParams$|^topNLayer|^metrics$|^confusionMatrix$|^takeRows$|^(save|load)Peft$|^readRecords$|^checkSubmission$|^fit(Thresholds|CutPoints)$|^readOutOfFold$|^blend$|^labelsAbove$|^toGrades$|^writeTable$/.test(
        name,
      ) && !calls.includes(name),
  );
  assert.deepEqual(untested, []);
  await assert.rejects(async () => f.writeTable("/no/such/file.csv", { id: [1] }, { separator: ";" }), {
    message: "writeTable: unknown option separator; it takes none",
  });
  await assert.rejects(
    async () => f.loadTokenizer("/no/such/folder", 0, ["/no/such/folder"]),
    /no such folder/,
  );
});

test("Python's names for a model's rows are refused rather than read as rows without a mask", async () => {
  const model = await loadTiny();
  const rows = (more: object) => () => model.forward({ inputIds: [[2, 10, 3]], ...more });
  assert.throws(rows({ attention_mask: [[1, 1, 0]] }), {
    message: "model.forward: unknown option attention_mask; did you mean attentionMask?",
  });
  assert.throws(rows({ token_type_ids: [[0, 0, 0]] }), /did you mean tokenTypeIds\?$/);
  model.dispose();
});

test("Rows to train on and to judge by are named as they are called", async () => {
  const model = await loadTiny();
  const rows = toyRows(4);
  const slips: [object, string][] = [
    [{ train: rows, vaild: rows }, "fineTune: unknown option data.vaild; did you mean valid?"],
    [{ train: rows, eval_dataset: rows }, "fineTune: unknown option data.eval_dataset; did you mean valid?"],
  ];
  for (const [data, message] of slips)
    assert.throws(() => fineTune(model, data as FineTuneData), { name: "InputError", message });
  assert.throws(
    () => fineTune(model, undefined as never),
    /^InputError: data: expected an object of train, valid, got undefined$/,
  );
  assert.throws(
    () => fineTune(model, { train: { texts: ["a"] } } as never),
    /^InputError: data.train: expected a dataset, as `tokenize`/,
  );
  for (const parameterGroups of [[{ match: "bias", lr: 1 }], [{ match: "bias", learning_rate: 1 }]])
    assert.throws(() => fineTune(model, { train: rows }, { parameterGroups } as object), {
      message: `fineTune: unknown option parameterGroups[0].${Object.keys(parameterGroups[0])[1]}; did you mean learningRate?`,
    });
  model.dispose();
});

test("Objects inside options are looked into: augmentation, transform, heads, recipes", async () => {
  const f = frostkit as unknown as Record<string, (...args: unknown[]) => unknown>;
  const transform = { size: 8, cropPct: 1, interpolation: "bicubic", mean: [0, 0, 0], std: [1, 1, 1] };
  const slips: [() => unknown, string][] = [
    [
      () => f.encodeImages({ paths: [] }, transform, { augment: { hfilp: 1 } }),
      "encodeImages: unknown option augment.hfilp; did you mean hflip?",
    ],
    [
      () => f.encodeImages({ paths: [] }, { ...transform, crop_pct: 1 }),
      "encodeImages: unknown option transform.crop_pct; did you mean cropPct?",
    ],
    [
      () =>
        frostkit.AutoModelForSequenceClassification.fromPretrained("x", {
          head: { poolin: "mean" },
        } as object),
      "AutoModelForSequenceClassification.fromPretrained: unknown option head.poolin; did you mean pooling?",
    ],
    [
      () => f.freezeSweep("x", data, { strategies: ["norms", { recipe: "lora", r: 4 }] }),
      "freezeSweep: unknown option strategies[1].r; did you mean rank?",
    ],
  ];
  for (const [call, message] of slips)
    await assert.rejects(async () => await call(), { name: "InputError", message });
});

describe("readOptions", () => {
  test("takes undefined for left out", () => {
    const { count } = readOptions("worstMistakes", { count: undefined });
    assert.equal(count, 10);
  });

  test("gives a plain object of its own, with the defaults and without what was undefined", () => {
    const given = Object.freeze({ limit: undefined });
    assert.deepEqual(readOptions("readTable", given), { encoding: "utf-8" });
    assert.deepEqual(readOptions("trainValidSplit", undefined), { validFraction: 0.2, seed: 0 });
  });

  test("takes options without a prototype, and of another realm", () => {
    const bare = Object.assign(Object.create(null), { count: 3 });
    assert.equal(readOptions("worstMistakes", bare as { count: number }).count, 3);
  });

  test("names the function that takes an option, where this one does not", () => {
    assert.throws(() => readOptions("readTable", { classWeights: [1] } as object), {
      message:
        "readTable: unknown option classWeights; it knows limit, encoding, delimiter; fineTune takes classWeights",
    });
  });

  test("refuses a name with a line break in one line", () => {
    assert.throws(
      () => readOptions("readTable", { "li\nmit": 1 } as object),
      (error: Error) => {
        assert.doesNotMatch(error.message, /\n/);
        return true;
      },
    );
  });
});

test("Defaults are what the kinds of their options take", () => {
  for (const owner of owners)
    for (const [name, { kind, default: value }] of Object.entries(OPTIONS[owner] as OptionTable))
      if (value !== undefined) assert.deepEqual(kind.check(name, value, owner), value, `${owner}: ${name}`);
});

test("A kind says what it expected and what came", () => {
  assert.throws(() => kindOf("a snowflake", () => false).check("flake", "hail", "f"), {
    name: "InputError",
    message: 'flake: expected a snowflake, got "hail"',
  });
});

test("A number that float32 does not hold is refused where it would be 0, 1 or infinite", () => {
  const given = (options: object) => () => readOptions("fineTune", options);
  for (const [options, message] of [
    [{ eps: 1e-50 }, "eps: expected a number above 0, got 1e-50, which as float32 is 0"],
    [{ eps: 1e300 }, "eps: expected a number above 0, got 1e+300, which as float32 is Infinity"],
    [
      { betas: [0.9, 0.9999999999] },
      "betas[1]: expected a number from 0 on and below 1, got 0.9999999999, which as float32 is 1",
    ],
    [
      { learningRate: 1e39 },
      "learningRate: expected a number of at least 0, got 1e+39, which as float32 is Infinity",
    ],
    [
      { classWeights: [1, 1e40] },
      "classWeights[1]: expected a number of at least 0, got 1e+40, which as float32 is Infinity",
    ],
  ] as const)
    assert.throws(given(options), { name: "InputError", message });
  assert.doesNotThrow(
    given({ eps: 1e-30, betas: [0, 0.999999], learningRate: 0, warmup: 1, labelSmoothing: 1 }),
  );
  assert.doesNotThrow(() => readOptions("addLora", { dropout: 0.99 }));
});
