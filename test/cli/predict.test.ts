import assert from "node:assert/strict";
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { readTable } from "../../src/data/readTable";
import { folder, frostkit } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const model = tinyModel("model");
const data = tinyTable("test.csv", 30);
const predictWith = (model: string, ...args: string[]) =>
  frostkit(
    "predict",
    "--model",
    model,
    "--data",
    data,
    "--engine",
    "onnxruntime",
    "--max-len",
    "16",
    ...args,
  );
const predict = (...args: string[]) => predictWith(model, ...args);
/** The same with a head for two classes: a folder. */
async function twoClasses(...classes: [string, string]): Promise<string> {
  const name = classes.join("-");
  const options = { classes, ignoreMismatchedSizes: true, log: () => {} };
  const changed = await AutoModelForSequenceClassification.fromPretrained(join(folder, model), options);
  if (!existsSync(join(folder, name))) await changed.savePretrained(join(folder, name));
  changed.dispose();
  return name;
}
const written = async (name: string) => await readTable(join(folder, name));

test("predict writes id and class of every row, in the rows' order, and says how many", async () => {
  const { code, stdout, stderr } = await predict("--out", "out/submission.csv");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "30 rows: out/submission.csv\n");
  assert.match(stderr, /^engine: onnxruntime \(as asked for; .+\)\n$/);
  const { columns, rows } = await written("out/submission.csv");
  assert.deepEqual(columns, ["id", "target"]);
  assert.deepEqual(
    rows.map((row) => row.id),
    Array.from({ length: 30 }, (_, row) => `r${row}`),
  );
  for (const { target } of rows) assert.match(target, /^LABEL_[012]$/);
  assert.deepEqual(readdirSync(join(folder, "out")), ["submission.csv"]);
});

test("The same model and rows give the same file, whatever the batches", async () => {
  await predict("--out", "a.csv", "--probabilities");
  await predict("--out", "b.csv", "--probabilities", "--batch", "30");
  const numbers = async (name: string) =>
    (await written(name)).rows.flatMap(({ LABEL_0, LABEL_1, LABEL_2 }) =>
      [LABEL_0, LABEL_1, LABEL_2].map(Number),
    );
  const [a, b] = [await numbers("a.csv"), await numbers("b.csv")];
  assert.ok(a.every((p, i) => Math.abs(p - b[i]) < 1e-5));
});

test("--probabilities adds a column for each class; the label is the likeliest one", async () => {
  await predict("--out", "p.csv", "--probabilities", "--label", "verdict");
  const { columns, rows } = await written("p.csv");
  assert.deepEqual(columns, ["id", "verdict", "LABEL_0", "LABEL_1", "LABEL_2"]);
  for (const row of rows) {
    const p = ["LABEL_0", "LABEL_1", "LABEL_2"].map((name) => Number(row[name]));
    assert.ok(Math.abs(p[0] + p[1] + p[2] - 1) < 1e-5);
    assert.equal(row.verdict, `LABEL_${p.indexOf(Math.max(...p))}`);
  }
});

test("--id names the id column; a table without one gets row numbers from 0, and that is said", async () => {
  writeFileSync(join(folder, "reviews.csv"), 'review,text\n"a,1",the film was good\nb2,\n');
  const args = ["--data", "reviews.csv", "--out"];
  await predict(...args, "r.csv", "--id", "review");
  assert.match(readFileSync(join(folder, "r.csv"), "utf8"), /^review,target\n"a,1",LABEL_\d\nb2,LABEL_\d\n$/);
  const { stderr } = await predict(...args, "n.csv");
  assert.match(stderr, /^reviews\.csv: has no column "id": rows are numbered from 0/m);
  assert.match(readFileSync(join(folder, "n.csv"), "utf8"), /^id,target\n0,LABEL_\d\n1,LABEL_\d\n$/);
});

test("Empty texts, and ids that are empty or come again, are told once each, and every row is predicted", async () => {
  writeFileSync(join(folder, "gaps.csv"), "id,text\n1,good\n2,\n1,bad\n,fine\n");
  const { code, stderr } = await predict("--data", "gaps.csv", "--out", "g.csv");
  assert.equal(code, 0, stderr);
  assert.deepEqual(stderr.trimEnd().split("\n").slice(1), [
    'gaps.csv: 1 of 4 texts in column "text" are empty, the first in row 2',
    "gaps.csv: 1 of 4 ids are empty, the first in row 4",
    'gaps.csv: 1 of 4 ids come again, the first "1", in rows 1 and 3',
  ]);
  assert.equal((await written("g.csv")).rows.length, 4);
});

test("--sample has its columns written, of ids, labels and probabilities, its rows in their order", async () => {
  await predict("--out", "all.csv", "--probabilities");
  const all = new Map((await written("all.csv")).rows.map((row) => [row.id, row]));
  const ids = Array.from({ length: 30 }, (_, row) => `r${29 - row}`);
  const sample = (name: string, header: string, cells: string) =>
    writeFileSync(join(folder, name), `${header}\n${ids.map((id) => `${id},${cells}\n`).join("")}`);

  sample("verdicts.csv", "id,verdict", "none");
  const { code, stdout, stderr } = await predict("--sample", "verdicts.csv", "--out", "v.csv");
  assert.deepEqual([code, stdout], [0, "30 rows: v.csv\n"], stderr);
  const verdicts = await written("v.csv");
  assert.deepEqual(verdicts.columns, ["id", "verdict"]);
  assert.deepEqual(
    verdicts.rows,
    ids.map((id) => ({ id, verdict: all.get(id)!.target })),
  );

  sample("shares.csv", "review,LABEL_2,LABEL_0", "0.5,0.5");
  await predict("--sample", "shares.csv", "--out", "s.csv");
  const shares = await written("s.csv");
  assert.deepEqual(shares.columns, ["review", "LABEL_2", "LABEL_0"]);
  assert.deepEqual(
    shares.rows,
    ids.map((id) => ({ review: id, LABEL_2: all.get(id)!.LABEL_2, LABEL_0: all.get(id)!.LABEL_0 })),
  );
});

test("What --sample asks for and is not there is told before anything is written", async () => {
  const refuses = async (content: string, message: string, ...args: string[]) => {
    writeFileSync(join(folder, "asked.csv"), content);
    const { code, stdout, stderr } = await predict("--sample", "asked.csv", "--out", "not.csv", ...args);
    assert.deepEqual([code, stdout, existsSync(join(folder, "not.csv"))], [2, "", false]);
    assert.equal(stderr, `frostkit predict: ${message}\n`);
  };
  const rows = (cells: string) => Array.from({ length: 30 }, (_, row) => `r${row},${cells}\n`).join("");
  await refuses(
    `id,LABEL_0,LABEL_3\n${rows("0,0")}`,
    '--sample: expected columns of target, LABEL_0, LABEL_1, LABEL_2 behind the ids\' in asked.csv, got "LABEL_3"',
  );
  await refuses(
    `id,target\n${rows("none")}`.replace("r7,", "r70,"),
    'test.csv, row 8, column "id": expected an id of asked.csv, got "r7"',
  );
  await refuses(
    `id,target\n${rows("none")}`,
    "--probabilities: expected none, since the columns are those of --sample; leave it out",
    "--probabilities",
  );
});

test("A sample of numbers that are no classes gets the probability of the second of two, and that is said", async () => {
  const ids = Array.from({ length: 30 }, (_, row) => `r${row}`);
  const sample = (name: string, cell: string) =>
    writeFileSync(join(folder, name), `id,target\n${ids.map((id) => `${id},${cell}\n`).join("")}`);
  await predictWith(await twoClasses("calm", "fire"), "--out", "both.csv", "--probabilities");
  const fire = (await written("both.csv")).rows.map((row) => row.fire);
  assert.ok(new Set(fire).size > 1);

  for (const cell of ["0.5", "0"]) {
    sample("area.csv", cell);
    const { code, stderr } = await predictWith(
      await twoClasses("calm", "fire"),
      "--sample",
      "area.csv",
      "--out",
      `${cell}.csv`,
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /^area\.csv: numbers in column "target" that are no classes: the probability of "fire", the second of calm, fire, is written$/m,
    );
    assert.deepEqual(
      (await written(`${cell}.csv`)).rows.map(({ target }) => target),
      fire,
    );
  }

  // What is named 0 and 1 is a label where the sample has one, and a probability where it has a share.
  const named = await twoClasses("0", "1");
  sample("labels.csv", "0");
  await predictWith(named, "--sample", "labels.csv", "--out", "whole.csv");
  assert.ok((await written("whole.csv")).rows.every(({ target }) => target === "0" || target === "1"));
  sample("shares.csv", "0.5");
  await predictWith(named, "--sample", "shares.csv", "--out", "chance.csv");
  assert.deepEqual(
    (await written("chance.csv")).rows.map(({ target }) => target),
    fire,
  );
});

test("A sample of numbers for a model of more classes is told before anything is predicted", async () => {
  const ids = Array.from({ length: 30 }, (_, row) => `r${row},0\n`).join("");
  writeFileSync(join(folder, "zeros.csv"), `id,target\n${ids}`);
  const { code, stderr } = await predict("--sample", "zeros.csv", "--out", "zero.csv");
  assert.equal(code, 2);
  assert.equal(
    stderr,
    'frostkit predict: --sample: expected labels in column "target" of zeros.csv, or a column for each class, since the model tells LABEL_0, LABEL_1, LABEL_2; got numbers\n',
  );
  assert.ok(!existsSync(join(folder, "zero.csv")));
});

test("Bad input is one line and exit code 2, and a file that is there stays", async () => {
  writeFileSync(join(folder, "kept.csv"), "kept");
  const refuses = async (ended: ReturnType<typeof frostkit>, line: RegExp) => {
    const { code, stdout, stderr } = await ended;
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.match(stderr, /^frostkit predict: [^\n]+\n$/);
    assert.match(stderr, line);
    assert.equal(readFileSync(join(folder, "kept.csv"), "utf8"), "kept");
  };
  const out = ["--out", "kept.csv"];
  await refuses(
    predict(...out, "--id", "number"),
    /test\.csv: expected the id column "number", got the columns/,
  );
  await refuses(predict(...out, "--text", "review"), /expected the text column "review"/);
  await refuses(predict(...out, "--label", "id"), /kept\.csv: would have two columns "id"/);
  await refuses(predict("--out", "."), /--out: expected a file to write, got the folder \./);
  for (const name of ["kept.csv/", "test.csv/", "runs/never.csv/"])
    await refuses(
      predict("--out", name),
      new RegExp(`--out: ${name}: expected a file to write, got a folder's name, which ends in a slash`),
    );
  await refuses(predict("--out", "/dev/null"), /--out: expected a file to write, got the device \/dev\/null/);
  await refuses(
    predict(...out),
    /--out: expected no file, or a table with the columns id, target, got another file, kept\.csv; name a new one, or remove this one/,
  );
  for (const [name, file, got] of [
    ["runs/train", "records.jsonl", "a sweep's folder, which holds records and no weights"],
    ["data", "train.csv", "a folder of tables, train.csv"],
  ]) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, file), "");
    await refuses(
      predict("--model", name, "--out", "never.csv"),
      new RegExp(
        `: ${name}: expected a model's folder with config.json, got ${got}; name a model's folder, as `,
      ),
    );
  }
  mkdirSync(join(folder, "hollow"));
  await refuses(
    predict("--model", "hollow", "--out", "never.csv"),
    /: hollow: expected config\.json; it is empty$/m,
  );
  await refuses(predict("--out", "kept.csv/x.csv"), /--out: kept\.csv\/x\.csv cannot be written \(E\w+\)/);
});

test("A model that says no finite numbers ends in an error with its cause, and nothing is written", async () => {
  const broken = tinyModel("broken");
  const weights = join(folder, broken, "model.safetensors");
  const bytes = readFileSync(weights);
  const header = Number(bytes.readBigUInt64LE(0));
  const { "classifier.bias": bias } = JSON.parse(bytes.toString("utf8", 8, 8 + header));
  bytes.writeFloatLE(Number.NaN, 8 + header + bias.data_offsets[0] + 4);
  writeFileSync(weights, bytes);
  const { code, stdout, stderr } = await predict("--model", broken, "--out", "nan.csv");
  assert.deepEqual([code, stdout], [1, ""], stderr);
  assert.match(
    stderr,
    /^frostkit predict: expected finite logits, got NaN in row 0: the parameter classifier\.bias holds NaN; look at the model's weights and this row$/m,
  );
  assert.ok(!existsSync(join(folder, "nan.csv")));
});

test("A model without a trained head is refused, since its predictions would be random", async () => {
  const headless = tinyModel("headless");
  const weights = join(folder, headless, "model.safetensors");
  const bytes = readFileSync(weights);
  // Under another name of the same length the head is not found.
  bytes.set(Buffer.from('"classifier.weighX"'), bytes.indexOf('"classifier.weight"'));
  writeFileSync(weights, bytes);
  const { code, stderr } = await frostkit(
    "predict",
    "--model",
    headless,
    "--data",
    data,
    "--out",
    "none.csv",
  );
  assert.equal(code, 2);
  assert.match(
    stderr,
    /headless: expected a fine-tuned model, got one without classifier\.weight, .* random; frostkit finetune/,
  );
  assert.ok(!existsSync(join(folder, "none.csv")));
});

for (const [title, out, make] of [
  ["the input table", "own.csv", () => {}],
  ["the input table by another spelling", "./out/../own.csv", () => {}],
  ["a link to the input table", "link.csv", () => symlinkSync("own.csv", join(folder, "link.csv"))],
  [
    "a second name of the input table",
    "second.csv",
    () => linkSync(join(folder, "own.csv"), join(folder, "second.csv")),
  ],
  ["a file of the model", `${model}/config.json`, () => {}],
] as const)
  test(`--out that is ${title} is refused, and all stays as it is`, async () => {
    const table = "id,text\n1,the film was good\n";
    writeFileSync(join(folder, "own.csv"), table);
    make();
    const before = readFileSync(join(folder, model, "config.json"), "utf8");
    const { code, stderr } = await predict("--data", "own.csv", "--out", out);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^frostkit predict: --out: expected a file that is not read, got .*; name a new file$/m,
    );
    assert.equal(readFileSync(join(folder, "own.csv"), "utf8"), table);
    assert.equal(readFileSync(join(folder, model, "config.json"), "utf8"), before);
  });
