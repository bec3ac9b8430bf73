import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { tokenize } from "../../src/data/tokenize";
import type { Classifier } from "../../src/models/Classifier";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import type { TrialRecord } from "../../src/sweep/record";
import type { FreezeSweepOptions, SweepData } from "../../src/sweep/SweepOptions";
import type { Figures, Task } from "./contest";
import { cutTable } from "./cutTable";
import { isOf, judgeSearch, type Searched } from "./judgeSearch";
import { sweepSeconds } from "./sweepSeconds";

/**
 * Searches, times one fine-tuning with nothing frozen after it, and has the grid judge the search, or where `timeOnly` says so the sweep
 * of one rate tell the time. All of it stays in the task's folder, and what is there is not done again; a search by other code
 * (`policy`) has a folder of its own.
 */
export async function searchTask(task: Task): Promise<Figures> {
  const { folder, policy, seeds, timeOnly } = task.search!;
  const { train, valid } = await cutTable(task);
  const tokenizer = await loadTokenizer(task.model);
  const { maxLength, epochs, batchSize } = task;
  const data = {
    train: await tokenize(train, tokenizer, { maxLength }),
    valid: await tokenize(valid, tokenizer, { maxLength }),
  };
  const labels = train.labels!;
  const model = await AutoModelForSequenceClassification.fromPretrained(task.model, {
    ...(labels.problemType !== "regression" && { classes: labels.classes }),
    // A made checkpoint's head has two labels, whatever the table has.
    ignoreMismatchedSizes: true,
    log: () => {},
  });
  const settings = { epochs, batchSize, log: () => {} };
  const sweep = async (options: Partial<FreezeSweepOptions>): Promise<TrialRecord[]> => {
    const run = freezeSweep(model, data, { ...settings, seeds, ...options });
    for await (const event of run) {
      if (event.type === "failed") throw event.error;
      if (event.type === "record") console.log(`${event.record.trial}: ${event.record.accuracy?.toFixed(4)}`);
    }
    return (await run).records;
  };
  const searched = await search(
    model,
    data,
    { ...settings, seed: seeds[0] },
    join(folder, `search-${policy}`),
  );
  const { n, learningRate, seconds, none } = searched;
  console.log(`N = ${n} at ${learningRate}, in ${(seconds / none.seconds).toFixed(2)} fine-tunings`);
  if (timeOnly) {
    const trials = await sweep({ learningRate: task.learningRate, out: join(folder, "sweep") });
    model.dispose();
    // The sweep may have run earlier: each is counted in the fine-tuning with nothing frozen that ran with it.
    return {
      seconds: [
        seconds / none.seconds,
        sweepSeconds(trials) / sweepSeconds(trials.filter(({ n }) => n === -1)),
      ],
    };
  }
  const grid = await sweep({ learningRates: "auto", out: join(folder, "grid") });
  const known = grid.filter(isOf(searched));
  const tried =
    known.length > 0
      ? known
      : await sweep({
          n: [n],
          learningRates: [learningRate!],
          out: join(folder, `n=${n} lr=${learningRate}`),
        });
  model.dispose();
  return { search: judgeSearch(searched, grid, tried), rows: [train.texts.length, valid.texts.length] };
}

/** From the call to its answer, on the wall and of the processor; then the same of one trial with nothing frozen. */
async function search(
  model: Classifier,
  data: SweepData,
  settings: { epochs?: number; batchSize?: number; seed: number; log: () => void },
  folder: string,
): Promise<Searched> {
  const file = join(folder, "searched.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  // One that broke off took an unknown time.
  rmSync(folder, { recursive: true, force: true });
  const { result, ...time } = await timed(() =>
    searchDepth(model, data, { ...settings, out: join(folder, "search") }),
  );
  const { seed, ...same } = settings;
  const { result: _, ...none } = await timed(() =>
    freezeSweep(model, data, {
      ...same,
      n: [-1],
      seeds: [seed],
      learningRate: 2e-4,
      out: join(folder, "none"),
    }),
  );
  const searched = { n: result.n, learningRate: result.learningRate, ...time, none };
  writeFileSync(file, JSON.stringify(searched));
  return searched;
}

async function timed<Result>(work: () => PromiseLike<Result>) {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6 };
}
