// npm run bench [-- part …] [--train table.csv --valid table.csv --text text --label target --rows 2000] [--rounds 3] [--out folder]: the kit beside
// PyTorch on this machine, the sides in turns and each measurement in a process of its own. Without Python, torch and Transformers
// (python3, or what FROSTKIT_PYTHON names) the kit is measured alone. Each part takes the place of its own section in bench.json as
// soon as it is measured; bench.md is the table of them all, and the part "plots" draws the pictures, and writes the sweep's
// table as the README has it. Of "search": [--sizes 300,600 --valid-rows 600 --splits 0,1,2 --seeds 3 --searches folder], rows to train on and to
// judge by, draws of both, and seeds of the grid; what is in the folder is not done again, and its cases of other tables stand in the results too.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { linkIfPresent } from "../../src/engine/native/linkIfPresent";
import { toSvg } from "../../src/report/toSvg";
import { betweenMarks } from "../docs/betweenMarks";
import { contest, hasPeer, type Rounds, type Side } from "./contest";
import { growthFigure } from "./growthFigure";
import type { Bench, Part } from "./Part";
import { parts } from "./parts/parts";
import { WHOLE } from "./parts/sweepPart";
import { raceFigure } from "./raceFigure";
import { randomCheckpoint } from "./randomCheckpoint";
import { mergeSection, readResults, type Section } from "./results";
import { SWEEP_MARK, sweepTable } from "./sweepTable";
import { table } from "./table";

const root = join(__dirname, "../..");
/** What the sweep trains on unless another table is named: the job of `npm start`. */
const JOB = {
  train: join(root, "data/banking-intents/train.csv"),
  valid: join(root, "data/banking-intents/valid.csv"),
};
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    train: { type: "string", default: JOB.train },
    valid: { type: "string" },
    text: { type: "string", default: "text" },
    label: { type: "string", default: "target" },
    rows: { type: "string", default: "Infinity" },
    rounds: { type: "string", default: "3" },
    sizes: { type: "string", default: "300,600" },
    "valid-rows": { type: "string", default: "600" },
    splits: { type: "string", default: "0,1,2" },
    seeds: { type: "string", default: "3" },
    searches: { type: "string", default: join(root, "runs/bench-search") },
    out: { type: "string", default: join(__dirname, "results") },
  },
});
const rounds = Number(flags.rounds);
const valid = flags.valid ?? (flags.train === JOB.train ? JOB.valid : undefined);
const file = join(flags.out, "bench.json");
const say = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);

/** Whole numbers with commas between them. */
function numbersOf(flag: "sizes" | "splits" | "valid-rows" | "seeds", least: number): number[] {
  const numbers = flags[flag].split(",").map(Number);
  if (!numbers.every((number) => Number.isInteger(number) && number >= least))
    throw new Error(`--${flag}: expected whole numbers from ${least} on, got ${flags[flag]}`);
  return numbers;
}

function benchOf(folder: string, sides: Side[]): Bench {
  const made = new Set<string>();
  return {
    table: { train: flags.train, valid, text: flags.text, label: flags.label, rows: Number(flags.rows) },
    search: {
      sizes: numbersOf("sizes", 1),
      splits: numbersOf("splits", 0),
      validRows: numbersOf("valid-rows", 1)[0],
      seeds: numbersOf("seeds", 1)[0],
      folder: flags.searches,
    },
    folder,
    encoder: join(root, "data/all-MiniLM-L6-v2"),
    mini: join(root, "test/fixtures/mini-bert-en"),
    checkpoint(size) {
      const { layers, hidden, family = "bert" } = size;
      const path = join(folder, `${family}-${layers}x${hidden}`);
      if (!made.has(path)) randomCheckpoint(path, this.mini, size);
      made.add(path);
      return path;
    },
    contest(name, taskOf, options = {}) {
      say(name);
      const asked = options.sides ?? ["kit", "peer"];
      return contest(
        taskOf,
        asked.filter((side) => sides.includes(side)),
        options.rounds ?? rounds,
        say,
      );
    },
  };
}

async function measurePart(name: string, part: Part, bench: Bench): Promise<void> {
  say(`${name}: ${part.about}`);
  const loadBefore = loadavg();
  const measured = await part.measure(bench);
  const section: Section = {
    date: new Date().toISOString().slice(0, 16),
    machine: machine(),
    loadBefore,
    versions: versionsOf(Object.values(measured)),
    rounds,
    ...(part.readsTable && { table: join(basename(dirname(resolve(flags.train))), basename(flags.train)) }),
    about: part.about,
    rows: part.rows(measured),
    measured,
  };
  const results = mergeSection(file, name, section);
  writeFileSync(join(flags.out, "bench.md"), table(results));
  console.log(table({ [name]: section }));
}

function versionsOf(all: Rounds[]): Section["versions"] {
  const of = (side: Side) => all.flatMap((rounds) => rounds[side] ?? [])[0]?.versions;
  return { kit: (of("kit") ?? of("functions"))!, peer: of("peer"), onnxruntime: of("onnxruntime") };
}

function machine(): Section["machine"] {
  const { model } = cpus()[0];
  const instructions = ["avx2", "avx512f", "avx512_bf16", "amx_bf16"].filter((name) =>
    cpuFlags().includes(name),
  );
  return { cpu: model, cores: cpus().length, memoryGB: Math.round(totalmem() / 2 ** 30), instructions };
}

/** Of Linux; elsewhere none are known. */
function cpuFlags(): string[] {
  try {
    return /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1].trim().split(" ") ?? [];
  } catch {
    return [];
  }
}

/** Draws what has been measured, and writes the sweep's table: into the README and beside it where the results are the repository's own. */
async function drawPlots(): Promise<void> {
  const results = readResults(file);
  const own = flags.out === join(__dirname, "results");
  const folder = own ? join(root, ".github") : flags.out;
  mkdirSync(folder, { recursive: true });
  const sweeps = (["sweep", "sweep-bf16"] as const).flatMap((name) =>
    results[name]?.measured[WHOLE]
      ? [{ name: name === "sweep" ? "float32" : "bfloat16", rounds: results[name].measured[WHOLE] }]
      : [],
  );
  if (sweeps.length > 0) writeFileSync(join(folder, "race.svg"), await toSvg(raceFigure(sweeps)));
  if (results.sweep?.measured[WHOLE]) {
    const text = sweepTable(results.sweep.measured);
    const readme = join(root, "README.md");
    if (own) writeFileSync(readme, betweenMarks(readFileSync(readme, "utf8"), SWEEP_MARK, text));
    else writeFileSync(join(folder, "sweep.md"), text);
  }
  if (results.growth)
    writeFileSync(join(folder, "growth.svg"), await toSvg(growthFigure(results.growth.measured)));
  say(`pictures in ${folder}`);
}

async function main(): Promise<void> {
  const known = [...Object.keys(parts), "plots"];
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`parts are ${known.join(", ")}; got ${unknown}`);
  if (!(rounds >= 1)) throw new Error(`--rounds: expected a number from 1 on, got ${flags.rounds}`);
  const wanted = positionals.length > 0 ? positionals : known;
  const linked = await linkIfPresent();
  if (linked) say(linked);
  const sides: Side[] = [
    "kit",
    "onnxruntime",
    "functions",
    "opByOp",
    ...(hasPeer() ? (["peer"] as const) : []),
  ];
  if (!sides.includes("peer"))
    say("PyTorch and Transformers are not at hand: the kit alone (FROSTKIT_PYTHON names a Python)");
  const folder = mkdtempSync(join(tmpdir(), "frostkit-bench-"));
  try {
    const bench = benchOf(folder, sides);
    for (const name of wanted.filter((name) => name !== "plots")) {
      try {
        await measurePart(name, parts[name], bench);
      } catch (error) {
        // What the other parts come to is worth having all the same.
        say(`${name}: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (wanted.includes("plots")) await drawPlots();
}

void main();
