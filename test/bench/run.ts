// npm run bench [-- --train table.csv --text text --label target] [sweep|steps|load|tokenize …]: the kit beside PyTorch on this
// machine, the sides in turns and each measurement in a process of its own. Without Python, torch and Transformers
// (FROSTKIT_PYTHON names the interpreter) the kit is measured alone. Writes results/bench.json and results/bench.md. BENCH_ROUNDS
// (3) says how often each is measured.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { csvText } from "../../src/data/csvText";
import { readTable } from "../../src/data/readTable";
import { trainValidSplit } from "../../src/data/splits";
import { takeRows, textDataset } from "../../src/data/textDataset";
import { contest, type Figures, hasPeer, type Side, type Task } from "./contest";
import { randomBert } from "./randomBert";
import { type Row, ratioRow, tableOf } from "./results";

const data = join(__dirname, "../../data");
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: "string", default: join(data, "short-reviews/train.csv") },
    text: { type: "string", default: "text" },
    label: { type: "string", default: "target" },
  },
});
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const sides: Side[] = hasPeer() ? ["kit", "peer"] : ["kit"];
const folder = mkdtempSync(join(tmpdir(), "frostkit-bench-"));
const mini = join(data, "mini-bert-en");
const rows: Row[] = [];
const raw: Record<string, Record<Side, Figures[]>> = {};

function run(name: string, task: Task): Record<Side, Figures[]> {
  console.log(`${name}: ${rounds} rounds of ${sides.join(" and ")}`);
  raw[name] = contest(task, sides, rounds);
  return raw[name];
}

const total = ({ trials }: Figures) => trials!.reduce((sum, { seconds }) => sum + seconds, 0);
/** The median of the second half: the first steps warm up, and in the kit's first epoch frozen features are made. */
const perStep = ({ seconds }: Figures) => {
  const warm = seconds!.slice(Math.floor(seconds!.length / 2)).sort((a, b) => a - b);
  return warm[Math.floor(warm.length / 2)];
};
const megabytes = ({ peakRssBytes }: Figures) => peakRssBytes! / 1e6;

async function sweep(): Promise<void> {
  const { text, label } = flags;
  const dataset = textDataset(await readTable(flags.train), { text, label });
  const split = trainValidSplit(dataset, { validFraction: 0.2, seed: 0 });
  const [train, valid] = [split.train, split.valid].map((rows) => takeRows(dataset, rows));
  const [trainFile, validFile] = [train, valid].map((part, i) => {
    const file = join(folder, `${["train", "valid"][i]}.csv`);
    const { labels } = part;
    if (labels?.problemType !== "single_label_classification") throw new Error("the bench compares classes");
    const cells = part.texts.map((row, r) => [row, labels.classes[labels.ids[r]]]);
    writeFileSync(file, csvText([["text", "label"], ...cells]));
    return file;
  });
  const task: Task = {
    kind: "sweep",
    model: mini,
    train: trainFile,
    valid: validFile,
    text: "text",
    label: "label",
    epochs: 2,
    batchSize: 32,
    learningRate: 3e-4,
    maxLength: 128,
    seed: 0,
  };
  const title = `${train.texts.length} + ${valid.texts.length} rows, 2 epochs, batch 32`;
  const depths = [0, 1, 2, 3, 4, 5, 6];
  const whole = run("sweep", { ...task, n: depths });
  rows.push(ratioRow(`sweep N = 0 … 6, seconds (${title})`, whole, total));
  for (const n of depths) {
    rows.push(ratioRow(`N = ${n} within it, seconds`, whole, ({ trials }) => trials![n].seconds));
    rows.push(ratioRow(`N = ${n}, accuracy`, whole, ({ trials }) => trials![n].accuracy));
  }
  rows.push(ratioRow("N = 6 alone, seconds", run("sweep of N = 6", { ...task, n: [6] }), total));
}

async function steps(): Promise<void> {
  const base = join(folder, "base");
  randomBert(base, mini, { layers: 12, hidden: 768 });
  for (const n of [0, 6, 11]) {
    const name = `BERT-base size, 8 x 128, N = ${n}`;
    const figures = run(name, { kind: "steps", model: base, n: [n], batchSize: 8, tokens: 128, steps: 8 });
    rows.push(ratioRow(`${name}, seconds a step`, figures, perStep));
    rows.push(ratioRow(`${name}, peak memory of the process, MB`, figures, megabytes));
  }
}

async function load(): Promise<void> {
  const base = join(folder, "base");
  randomBert(base, mini, { layers: 12, hidden: 768 });
  const figures = run("load", { kind: "load", model: base });
  rows.push(ratioRow("loading a checkpoint of 440 MB, seconds", figures, ({ seconds }) => seconds![0]));
}

async function tokenize(): Promise<void> {
  const task: Task = {
    kind: "tokenize",
    model: mini,
    train: flags.train,
    text: flags.text,
    label: flags.label,
    maxLength: 128,
  };
  const figures = run("tokenize", task);
  const { rows: count } = figures.kit[0];
  rows.push(
    ratioRow(`tokenizing ${count} texts, seconds (peer: Rust)`, figures, ({ seconds }) => seconds![0]),
  );
}

async function main(): Promise<void> {
  const benches = { tokenize, load, steps, sweep };
  try {
    for (const [name, bench] of Object.entries(benches))
      if (positionals.length === 0 || positionals.includes(name)) await bench();
  } finally {
    rmSync(folder, { recursive: true });
  }
  const first = Object.values(raw)[0];
  const versions = Object.fromEntries(sides.map((side) => [side, first[side][0].versions]));
  const machine = { cpu: cpus()[0].model, cores: cpus().length, memoryGB: Math.round(totalmem() / 2 ** 30) };
  const about = { date: new Date().toISOString().slice(0, 10), machine, rounds, versions };
  const out = join(__dirname, "results");
  mkdirSync(out, { recursive: true });
  const name = positionals.length === 0 ? "bench" : positionals.join("-");
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify({ ...about, rows, raw }, null, 2)}\n`);
  const table = tableOf(rows, about);
  writeFileSync(join(out, `${name}.md`), table);
  console.log(table);
}

void main();
