// npm run chaos -- --kills K --seed S [kind …]: runs are killed, asked to end, robbed of their disk and lied to by it at moments that are
// drawn by the seed, given again until they end, and compared with undisturbed ones: nothing lost, doubled, changed or left behind.
// --case C repeats one case of a seed and tells what happened; several are joined by commas.
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { alignTable } from "../../src/text/alignTable";
import { baselines } from "./Baseline";
import { compileLayer } from "./compileLayer";
import { faultNames } from "./Fault";
import { makeScenarios, names, turns } from "./scenarios";
import { canMount, unmountBelow } from "./smallDisk";
import { type Outcome, tryCase } from "./tryCase";

const { values, positionals } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
    case: { type: "string" },
    jobs: { type: "string", default: String(Math.min(4, availableParallelism())) },
  },
  allowPositionals: true,
});
const [kills, seed, jobs] = [values.kills, values.seed, values.jobs].map(Number);
const only = values.case?.split(",").map(Number) ?? null;
if (
  ![kills, jobs].every((number) => Number.isSafeInteger(number) && number > 0) ||
  ![seed, ...(only ?? [])].every((number) => Number.isSafeInteger(number) && number >= 0) ||
  !positionals.every((name) => (names as readonly string[]).includes(name))
) {
  console.error(
    `expected --kills K --seed S [--case C] [--jobs J] and some of ${names.join(", ")}; got ${process.argv.slice(2).join(" ")}`,
  );
  process.exit(2);
}

const asked = positionals.length === 0 ? [...names] : positionals;

/** Kills by kind of run and kind of kill. */
const table = new Map(asked.map((name) => [name, new Map<string, number>()]));
let done = 0;
let failed = 0;

function tell(number: number, name: string, { struck, wrong }: Outcome): void {
  const counts = table.get(name)!;
  for (const fault of struck) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  const before = done;
  done += struck.length;
  if (wrong.length > 0) {
    failed++;
    console.log(`✖ case ${number}, ${name}, after ${struck.join(", ") || "nothing"}:`);
    for (const line of wrong.slice(0, 12)) console.log(`    ${line}`);
    const words = [...positionals, `--seed ${seed} --case ${number}`].join(" ");
    console.log(`    again: npm run chaos -- ${words}`);
  }
  const step = kills >= 500 ? 100 : 10;
  if (Math.floor(done / step) > Math.floor(before / step))
    console.log(`${done} of ${kills} kills, ${failed} cases failed`);
}

function summary(): string {
  const used = faultNames.filter((fault) => [...table.values()].some((counts) => counts.has(fault)));
  const rows = [...table].map(([name, counts]) => [
    ...[name, ...used.map((fault) => String(counts.get(fault) ?? 0))],
    String([...counts.values()].reduce((sum, count) => sum + count, 0)),
  ]);
  return alignTable([["run", ...used, "all"], ...rows], used.map((_, i) => i + 1).concat(used.length + 1));
}

async function main(): Promise<void> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), "frostkit-chaos-")));
  const stops: (() => Promise<void>)[] = [];
  try {
    const scenarios = await makeScenarios(scratch, (stop) => stops.push(stop));
    const runs = turns(asked).map((turn) => scenarios.find(({ name }) => name === turn)!);
    const needed = scenarios.filter(({ name }) =>
      runs.some((run) => run.name === name || run.after?.includes(name)),
    );
    const how = { layer: compileLayer(scratch) };
    const canFill = canMount();
    if (!canFill)
      console.log("no small disk can be mounted here: full disks are played by the file layer alone");
    const undisturbed = await baselines(needed, scratch, how, jobs);
    for (const [name, { seconds, operations }] of undisturbed)
      console.log(
        `${name}: ${seconds.toFixed(1)} s and ${operations.length} operations on files undisturbed`,
      );
    const attempt = async (number: number, log?: (line: string) => void) => {
      const scenario = runs[number % runs.length];
      const path = join(scratch, `case-${number}`);
      tell(
        number,
        scenario.name,
        await tryCase({ scenario, path, seed, number, canFill }, undisturbed, how, log),
      );
    };
    if (only !== null) for (const number of only) await attempt(number, console.log);
    else {
      let next = 0;
      const work = async () => {
        while (done < kills) await attempt(next++);
      };
      await Promise.all(Array.from({ length: jobs }, work));
    }
    console.log(`\n${summary()}\n`);
    console.log(
      `${done} kills, seed ${seed}: ${failed === 0 ? "each run ended as undisturbed, and nothing was left behind" : `${failed} cases failed`}`,
    );
  } finally {
    for (const stop of stops) await stop();
    unmountBelow(scratch);
    rmSync(scratch, { recursive: true, force: true });
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
