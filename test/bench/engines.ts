// npx tsx test/bench/engines.ts [rounds [engine …]]: what a training step of the bundled model takes on each engine that runs here, and how
// much memory its process: 32 rows of 32 tokens, with nothing frozen, with the embeddings frozen and with half of the blocks. Each
// measurement has a process of its own, and the engines take turns; printed are milliseconds, least (median), and the first and second step.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { type EngineName, useEngine, whyNot } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { fineTune } from "../../src/training/fineTune";
import { randomRows } from "./randomRows";

const [BATCH, TOKENS, STEPS] = [32, 32, 12];
const DEPTHS = [-1, 0, 3];

interface Measured {
  /** Milliseconds of each step. */
  steps: number[];
  peakMB: number;
}

async function measure(engine: EngineName, depth: number): Promise<Measured> {
  await useEngine(engine);
  const folder = join(__dirname, "../../data/all-MiniLM-L6-v2");
  const model = await AutoModelForSequenceClassification.fromPretrained(folder, {
    numLabels: 2,
    log: () => {},
  });
  if (depth >= 0) topNLayerFreeze(model, depth);
  const steps: number[] = [];
  let since = performance.now();
  const train = randomRows(BATCH * STEPS, TOKENS, 8192);
  for await (const { type } of fineTune(
    model,
    { train },
    { epochs: 1, batchSize: BATCH, learningRate: 3e-4 },
  )) {
    if (type === "step") steps.push(performance.now() - since);
    since = performance.now();
  }
  return { steps, peakMB: process.resourceUsage().maxRSS / 1024 };
}

async function compare(rounds: number, wanted: string[]): Promise<void> {
  const engines: EngineName[] = [];
  for (const name of ["onnxruntime", "wasm", "tensorflow"] as const) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const why = await whyNot(name);
    if (why) console.log(`${name} is left out: ${why}`);
    else engines.push(name);
  }
  print("frozen", "engine", "ms a step", "first, second", "peak MB");
  for (const depth of DEPTHS) {
    const all = new Map(engines.map((name) => [name, [] as Measured[]]));
    for (let round = 0; round < rounds; round++)
      for (const name of engines) {
        const args = ["--import", "tsx", __filename, "measure", name, String(depth)];
        const output = execFileSync(process.execPath, args, { encoding: "utf8" });
        all.get(name)!.push(JSON.parse(output.trim().split("\n").at(-1)!));
      }
    for (const [name, measured] of all) {
      const later = measured.flatMap(({ steps }) => steps.slice(2));
      const [first, second] = [0, 1].map((i) => median(measured.map(({ steps }) => steps[i])).toFixed(0));
      const figures = `${Math.min(...later).toFixed(0)} (${median(later).toFixed(0)})`;
      const peak = Math.max(...measured.map(({ peakMB }) => peakMB)).toFixed(0);
      print(depth < 0 ? "nothing" : `N = ${depth}`, name, figures, `${first}, ${second}`, peak);
    }
  }
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1];

const print = (...cells: string[]) => console.log(cells.map((cell) => cell.padEnd(18)).join(""));

void (async () => {
  const [first = "3", ...rest] = process.argv.slice(2);
  if (first === "measure") {
    console.log(JSON.stringify(await measure(rest[0] as EngineName, Number(rest[1]))));
    process.exit();
  } else await compare(Number(first), rest);
})();
