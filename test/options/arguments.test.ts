// What stands in front of options, of every exported function and every method that one leads to: whatever else is handed in, a promise
// that was not awaited above all, is told in one line.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { useEngine } from "../../src/engine/useEngine";
import { FrostError } from "../../src/errors";
import * as frostkit from "../../src/index";
import { ARGUMENTS, type ArgumentOwner, checkArguments } from "../../src/options/checkArguments";
import type { Kind } from "../../src/options/kinds";
import { loadTiny } from "../training/toyData";

type Values = unknown[];
const f = frostkit as unknown as Record<string, (...values: Values) => unknown>;

/** What people hand over by mistake, and how the line calls it. */
const WRONG: [unknown, string][] = [
  [undefined, "undefined"],
  [null, "null"],
  [Promise.resolve({}), "a Promise: await it first"],
  [3, "3"],
  [{}, "{}"],
  ["", '""'],
];

const model = { stages: [], depth: 1, checkRows: () => assert.fail("the model was used") };
const epochs = [{ metrics: {} }];

/** Something of the right kind, so that another argument is the wrong one. */
const RIGHT: Record<string, unknown> = {
  ...{ model, idOrFolder: "no/such/model", folder: "/no/such/folder", path: "/no/such/file.csv", config: {} },
  ...{
    table: { columns: [], rows: [] },
    columns: {},
    submission: { columns: [], rows: [] },
    classes: ["a"],
    thresholds: [0.5],
    cutPoints: [],
    name: "a name",
    text: "a text",
    pair: null,
    maxLength: 8,
  },
  ...{ dataset: { texts: [], inputIds: [], labels: null }, rows: [], groups: [], texts: { inputIds: [] } },
  ...{
    tokenizer: { encode: () => assert.fail("the tokenizer was used") },
    predictions: { probabilities: [] },
  },
  ...{
    labels: { problemType: "regression", values: [] },
    outputs: [[]],
    matrix: { classes: [], counts: [] },
  },
  ...{ stages: 1, batchSize: 1, precision: "fp32", sequenceLength: 1, seed: 0, warn: () => {} },
  ...{ records: [{ trial: "a", n: 0, epochs }], figure: { data: [], layout: {} } },
  curves: [{ n: 0, tried: [{ learningRate: 1 }] }],
  ...{ folders: ["no/such/folder"], valid: { inputIds: [], labels: null } },
};

before(() => useEngine("cpu"));

let loaded: frostkit.SequenceClassifier;
let images: frostkit.ImageClassifier;
let tokenizer: frostkit.Tokenizer;
let features: frostkit.FrozenFeatures;
before(async () => {
  loaded = await loadTiny();
  images = await frostkit.AutoModelForImageClassification.fromConfig(
    { architecture: "resnet18" },
    { log: () => {} },
  );
  tokenizer = await frostkit.loadTokenizer(frostkit.bundled("all-MiniLM-L6-v2"));
  features = new frostkit.FrozenFeatures(loaded);
});
after(() => {
  loaded.dispose();
  images.dispose();
  features.dispose();
});

/** The objects whose methods are walked, under the name that errors call them by. */
const objects = (): Record<string, object> => ({
  model: loaded,
  "model of images": images,
  tokenizer,
  features,
  parameter: loaded.namedParameters()[0][1],
});

const data = { train: { inputIds: [] }, valid: { inputIds: [] } };

/** Calls of what is not simply a function of that name and its arguments. */
const CALLS: Partial<Record<ArgumentOwner, (...values: Values) => unknown>> = {
  "AutoModelForSequenceClassification.fromPretrained": (id) =>
    frostkit.AutoModelForSequenceClassification.fromPretrained(id as string),
  "AutoModelForTokenClassification.fromPretrained": (id) =>
    frostkit.AutoModelForTokenClassification.fromPretrained(id as string),
  "AutoModelForImageClassification.fromPretrained": (id) =>
    frostkit.AutoModelForImageClassification.fromPretrained(id as string),
  "AutoModelForImageClassification.fromConfig": (config) =>
    frostkit.AutoModelForImageClassification.fromConfig(config as never),
  adaptToTexts: (...values) => f.adaptToTexts(...values, { maskTokenId: 4 }),
  fineTune: (model) => f.fineTune(model, data),
  freezeSweep: (model) => f.freezeSweep(model, data),
  searchDepth: (model) => f.searchDepth(model, data),
  findLearningRate: (model) => f.findLearningRate(model, data),
  FrozenFeatures: (model) => new frostkit.FrozenFeatures(model as never),
  savePretrained: (folder) => loaded.savePretrained(folder as string),
  "model.forward of images": (pixels) => images.forward(pixels as never),
  "features.prepare": (...values) => features.prepare(...(values as [never, 1, 1, "fp32"])).next(),
};

function call(owner: ArgumentOwner, values: Values): unknown {
  if (CALLS[owner]) return CALLS[owner](...values);
  const [object, method] = owner.split(".");
  if (method === undefined) return f[owner](...values);
  return (objects()[object] as typeof f)[method](...values);
}

/** Whether an argument may be that. */
function takes(kind: Kind, value: unknown): boolean {
  try {
    kind.check("it", value, "it");
    return true;
  } catch {
    return false;
  }
}

const refused = (call: () => unknown, message: string | RegExp) =>
  assert.rejects(
    async () => await call(),
    (error: Error) => {
      assert.ok(error instanceof FrostError, `${error.stack}`);
      assert.doesNotMatch(error.message, /\n/);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    },
  );

for (const owner of Object.keys(ARGUMENTS) as ArgumentOwner[])
  describe(owner, () => {
    const kinds = Object.entries<Kind>(ARGUMENTS[owner]);
    for (const [at, [name, kind]] of kinds.entries())
      test(`says what it expected as ${name}, and what came`, async () => {
        const wrong = WRONG.filter(([value]) => !takes(kind, value));
        assert.ok(wrong.length >= 3 && !takes(kind, Promise.resolve({})), "most are wrong, a promise always");
        for (const [value, came] of wrong) {
          const values = kinds.map(([other], i) => (i === at ? value : right(owner, other)));
          await refused(
            () => call(owner, values),
            new RegExp(`^${escaped(`${owner}: ${name}: expected `)}.+, got ${escaped(came)}$`),
          );
        }
      });
  });

const right = (owner: string, name: string): unknown =>
  owner === "encodeImages"
    ? { paths: [] }
    : owner === "formatSummary"
      ? [{ n: 0, score: { mean: 1 } }]
      : RIGHT[name];

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** These have words of their own, which the tests below hold; the last ones take no argument in front of options, or are errors. */
const OWN_WORDS = [
  ...["freezeWhere", "unfreezeWhere", "listParams", "topNLayerFreeze", "topNLayerUnfreeze"],
  ...["useEngine", "whyNot", "show", "Random", "FreezeError", "FrostError", "InputError"],
];

/** Methods that nothing is handed to but by the kit itself, or that everything in JavaScript has. */
const NOT_HANDED = ["constructor", "array", "inputsOf"];

test("Every exported function, and every method of what they give, is among those that are walked", () => {
  const known: string[] = [...Object.keys(ARGUMENTS), ...OWN_WORDS];
  const exported = Object.entries(frostkit).flatMap(([name, value]) => {
    if (typeof value === "function") return [name];
    if (typeof value !== "object" || Array.isArray(value)) return [];
    return Object.keys(value).map((method) => `${name}.${method}`);
  });
  assert.deepEqual(
    exported.filter((name) => !known.includes(name)),
    [],
  );
  const methods = Object.entries(objects()).flatMap(([of, object]) =>
    methodsOf(object).map((method) =>
      method === "savePretrained" ? method : of === "model of images" ? `model.${method}` : `${of}.${method}`,
    ),
  );
  assert.ok(methods.length > 8, methods.join());
  assert.deepEqual(
    methods.filter((name) => !known.includes(name)),
    [],
  );
});

/** Of an object and the classes it is of, those that take something. */
function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (let from = object; from !== Object.prototype; from = Object.getPrototypeOf(from))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(from)))
      if (typeof value === "function" && value.length > 0 && !NOT_HANDED.includes(name)) names.add(name);
  return [...names];
}

test("Freezing by name says so of model, pattern and n, though its file imports nothing", async () => {
  for (const [value, came] of WRONG) {
    const got = escaped(came === "{}" ? "[object Object]" : came);
    for (const name of ["freezeWhere", "unfreezeWhere", "listParams", "topNLayerFreeze", "topNLayerUnfreeze"])
      await refused(() => f[name](value, 0), new RegExp(`^model: expected a model .+, got ${got}$`));
    for (const name of ["freezeWhere", "unfreezeWhere", "listParams"])
      if (name !== "listParams" || value !== undefined)
        await refused(() => f[name](loaded, value), new RegExp(`^pattern: expected part .+, got ${got}$`));
    for (const name of ["topNLayerFreeze", "topNLayerUnfreeze"])
      if (value !== 3)
        await refused(
          () => f[name](loaded, value),
          new RegExp(`^n: expected a whole number .+, got ${got}$`),
        );
  }
});

test("An engine, what is shown, and a seed say so as well", async () => {
  for (const [value, came] of WRONG) {
    if (value !== undefined)
      await refused(
        () => f.useEngine(value),
        new RegExp(`^engine: expected one of auto, .+, got ${escaped(came)}$`),
      );
    await refused(
      () => f.whyNot(value),
      new RegExp(`^engine: expected one of tensorflow, .+, got ${escaped(came)}$`),
    );
    await refused(() => f.show(value), new RegExp(`^show: expected a figure, .+, got ${escaped(came)}$`));
    if (value !== 3 && value !== "")
      await refused(
        () => new frostkit.Random(value as number),
        `Random: expected numbers and texts as seeds, got ${came}`,
      );
    const random = new frostkit.Random(0);
    if (value !== 3)
      await refused(
        () => random.integer(value as number),
        `Random.integer: n: expected an integer of at least 1, got ${came}`,
      );
    await refused(() => random.shuffle(value as []), `Random.shuffle: array: expected a list, got ${came}`);
  }
});

test("Rows, and what a sweep is over, are named where they stand in an object", async () => {
  for (const [value, came] of WRONG) {
    await refused(
      () => f.fineTune(loaded, value),
      new RegExp(`^data(.train)?: expected .+, got ${came === "{}" ? "undefined" : escaped(came)}$`),
    );
    await refused(
      () => f.freezeSweep("x", value),
      new RegExp(`^data(.train)?: expected .+, got ${came === "{}" ? "undefined" : escaped(came)}$`),
    );
    await refused(
      () => f.fineTune(loaded, { train: value }),
      `data.train: expected a dataset, as \`tokenize\` or \`encodeImages\` gives it, got ${came}`,
    );
    await refused(
      () => f.freezeSweep(value),
      /^(freezeSweep: (model: )?expected|data: expected) .+, got .+$/,
    );
    await refused(() => f.encodeImages({ paths: [] }, value), /^transform(\.size)?: expected .+, got .+$/);
    await refused(
      () => loaded.forward({ inputIds: value as number[][] }),
      `inputIds: expected a list of numbers for each row, got ${came}`,
    );
  }
});

test("A LayersModel's parameter, rows that are not prepared, and cells and texts that are none are named", async () => {
  const layers = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2] })] });
  await refused(
    () => frostkit.fromLayersModel(layers).parameter(undefined as never),
    "model.parameter: name: expected a text, got undefined",
  );
  layers.dispose();
  await refused(
    () => features.batch({ inputIds: [] } as never, [], 1),
    "features.batch: dataset: expected one that prepare has made ready, got another",
  );
  const table = { path: "made.csv", columns: ["text"], rows: [{ text: "a" }, { text: 3 }] };
  await refused(() => f.textDataset(table), 'made.csv, row 2, column "text": expected a text, got 3');
  await refused(
    () => f.textDataset({ ...table, rows: [{}] }),
    /row 1, column "text": expected a text, got undefined$/,
  );
  const dataset = { source: "made by hand", texts: ["a", null], pairs: null, labels: null, ids: null };
  await refused(() => f.tokenize(dataset, tokenizer), "made by hand, row 2: expected a text, got null");
});

test("What is of the right kind on the outside alone is told as well", async () => {
  const single = { problemType: "single_label_classification", classes: ["a", "b"], ids: [0] };
  const epochs = [{ metrics: {} }];
  for (const [call, message] of [
    [
      () => f.textDataset({ path: "x", columns: ["text"], rows: [null] }),
      /^textDataset: table: expected a table/,
    ],
    [() => f.predict(loaded, { inputIds: [null] }), /^predict: dataset: expected a dataset/],
    [
      () => f.evaluate(loaded, { ...rowsOf(1), labels: [0] }),
      /^evaluate: labels: expected labels as a dataset holds them, got \[0\]$/,
    ],
    [
      () => f.fineTune(loaded, { train: { ...rowsOf(1), labels: { ...single, ids: undefined } } }),
      /^train: labels: expected labels/,
    ],
    [() => f.metrics([1, 0], { ...single, classes: undefined }), /^metrics: labels: expected labels/],
    [
      () => f.metrics([1, 0], { ...single, problemType: "classification" }),
      /^metrics: labels: expected labels/,
    ],
    [
      () => f.confusionMatrix({ ...single, classes: null }, { probabilities: [1, 0] }),
      /^confusionMatrix: labels: expected/,
    ],
    [
      () => f.confusionMatrixFigure({ classes: ["a", "b"], counts: [[1, 0]] }),
      /^confusionMatrixFigure: matrix: expected/,
    ],
    [
      () =>
        f.confusionMatrixFigure({
          classes: ["a", 3],
          counts: [
            [1, 0],
            [0, 1],
          ],
        }),
      /^confusionMatrixFigure: matrix: expected/,
    ],
    [() => f.toSvg({ data: [null], layout: {} }), /^toSvg: figure: expected a figure/],
    [
      () => f.summarize([{ trial: "a", n: 0, epochs: [] }]),
      /^summarize: records: expected a list of records/,
    ],
    [
      () => f.accuracyFigure([{ trial: "a", epochs }]),
      /^accuracyFigure: records: expected a list of records/,
    ],
    [() => f.formatSummary([{ n: 0, score: {} }]), /^formatSummary: rows: expected a list of depths/],
    [() => f.writeTable("x.csv", { a: 3 }), /^x\.csv: expected a list of values for the column "a", got 3$/],
    [
      () => f.writeTable("x.csv", { a: "abc" }),
      /^x\.csv: expected a list of values for the column "a", got "abc"$/,
    ],
    [() => f.writeTable(__dirname, { a: [1] }), /: expected a file to write, got the folder /],
    [
      () => f.writeTable("no-such.csv/", { a: [1] }),
      /^no-such\.csv\/: expected a file to write, got a folder's name, which ends in a slash; leave that out$/,
    ],
  ] as [() => unknown, RegExp][])
    await refused(call, message);
});

test("What waits to be awaited is told so, a run as well, and what is long is cut before it is written", () => {
  const came = (dataset: unknown) => {
    try {
      checkArguments("trainValidSplit", { dataset });
    } catch (error) {
      return (error as Error).message.split(", got ")[1];
    }
  };
  const run = frostkit.fineTune(loaded, { train: rowsOf(2) });
  assert.equal(came(run), "a Run: await it first");
  const whole = { rows: new Array(1e6).fill("a long text".repeat(1000)) };
  assert.equal(came(whole), `${JSON.stringify({ rows: ["a long text".repeat(1000)] }).slice(0, 80)}…`);
  assert.equal(
    came({ ids: new Float32Array(1e7) }),
    `${JSON.stringify({ ids: new Array(50).fill(0) }).slice(0, 80)}…`,
  );
});

const rowsOf = (count: number) => ({
  inputIds: Array.from({ length: count }, () => Int32Array.of(2, 10, 3)),
  ...{ tokenTypeIds: null, truncated: 0, maxLength: 8, padTokenId: 0, hash: "" },
  labels: {
    problemType: "single_label_classification" as const,
    classes: ["odd", "even"],
    ids: new Int32Array(count),
  },
});
