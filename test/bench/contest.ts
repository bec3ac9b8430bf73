import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Calls } from "../../src/engine/watchCalls";
import type { SearchVerdict } from "./judgeSearch";
import { kitProgram } from "./kitProgram";

/** What a side is asked to do, in a process of its own. */
export interface Task {
  kind: "sweep" | "steps" | "dispatch" | "gemm" | "load" | "tokenize" | "search";
  /** A checkpoint's folder. */
  model: string;
  /** Depths of a sweep, one after the other; of steps the one depth. */
  n?: number[];
  batchSize?: number;
  precision?: "fp32" | "bf16";
  /** Of a sweep: tables and their columns. */
  train?: string;
  valid?: string;
  text?: string;
  label?: string;
  epochs?: number;
  learningRate?: number;
  maxLength?: number;
  seed?: number;
  /** Whether PyTorch's side has what is frozen in eval mode, as the kit has. */
  resting?: boolean;
  /** Whether the kit lets dropout fire in what is frozen, as the recipe does. */
  frozenDropout?: boolean;
  /** Of steps: how many, and how many tokens each row has. */
  steps?: number;
  tokens?: number;
  /** Of dispatch: how many tokens the rows of one more batch have. */
  otherTokens?: number;
  /** Of gemm: the products to time. */
  products?: Product[];
  search?: SearchTask;
}

/** Which rows are searched on, and what judges the search. */
export interface SearchTask {
  /** Of the table: rows to train on, and rows to judge by. */
  rows: number;
  validRows: number;
  /** Which rows these are. */
  split: number;
  /** Of the grid; the search has the first. */
  seeds: number[];
  /** Where search and grid stay, so that what broke off goes on. */
  folder: string;
  /** Of the search's code: a search by other code is another. */
  policy: string;
  /** Whether there is no grid, and a sweep of one rate and one seed only tells the time. */
  timeOnly?: boolean;
}

/** A product [m, k] by [k, n], either factor lying transposed in memory, that stands `count` times in a step. */
export interface Product {
  m: number;
  k: number;
  n: number;
  transposeA?: boolean;
  transposeB?: boolean;
  count: number;
}

/** What a side measured. */
export interface Figures {
  trials?: Trial[];
  seconds?: number[];
  /** Of dispatch: what each step asked of TensorFlow, which one had the batch of another length, and what it all came to. */
  dispatched?: { asked: Calls[]; other: number; losses: number[]; probabilities: number[] };
  /** Rows of the tables: to train on and to judge by, or those tokenized. */
  rows?: number[];
  /** Seconds of each product asked for: of the engine's own, and of the kit's. */
  productSeconds?: { engine: number[]; kit?: number[] };
  /** Of search, where a grid judges it. */
  search?: SearchVerdict;
  peakTensorBytes?: number;
  peakRssBytes?: number;
  threads?: number;
  versions?: Record<string, string>;
}

export interface Trial {
  n: number;
  seconds: number;
  accuracy: number;
}

/**
 * The kit on engine tensorflow, PyTorch, the kit on engine onnxruntime, and the kit on TensorFlow as it would compute on a GPU: a step
 * as functions, and op by op.
 */
export type Side = "kit" | "peer" | "onnxruntime" | "functions" | "opByOp";

/** Figures of each side by round. Without PyTorch the peer has none, and others than the first two are there where asked for. */
export type Rounds = Record<"kit" | "peer", Figures[]> & { [side in Side]?: Figures[] };

const named = process.env.FROSTKIT_PYTHON;
const python = named ?? "python3";

/** Whether python3, or the Python that FROSTKIT_PYTHON names, has torch and Transformers; throws where a named one has not. */
export function hasPeer(): boolean {
  const { status, stderr } = spawnSync(python, ["-c", "import torch, transformers"], { encoding: "utf8" });
  if (status !== 0 && named !== undefined)
    throw new Error(
      `FROSTKIT_PYTHON: expected a Python with torch and transformers, got ${named}: ${stderr ?? "it does not run"}`,
    );
  return status === 0;
}

/**
 * Runs a task on one side, to its end, on all cores and with an empty FROSTKIT_CACHE: nothing is left from an earlier one. What the
 * side prints besides its figures goes to `log` line by line.
 */
export async function measure(side: Side, task: Task, log: (line: string) => void): Promise<Figures> {
  const cache = mkdtempSync(join(tmpdir(), "frostkit-bench-cache-"));
  try {
    return await inProcess(side, task, cache, log);
  } finally {
    rmSync(cache, { recursive: true });
  }
}

const AS_GPU: { [side in Side]?: NodeJS.ProcessEnv } = {
  functions: { FROSTKIT_AS_GPU: "1", FROSTKIT_FUNCTIONS: "1" },
  opByOp: { FROSTKIT_AS_GPU: "1", FROSTKIT_FUNCTIONS: "0" },
};

function inProcess(side: Side, task: Task, cache: string, log: (line: string) => void): Promise<Figures> {
  const threads = String(availableParallelism());
  const [program, script] =
    side === "peer" ? [python, join(__dirname, "peer.py")] : [process.execPath, kitProgram()];
  const engine = side === "onnxruntime" ? side : "tensorflow";
  const child = spawn(program, [script, JSON.stringify(task), engine], {
    env: {
      ...process.env,
      ...AS_GPU[side],
      FROSTKIT_CACHE: cache,
      TF_NUM_INTRAOP_THREADS: threads,
      OMP_NUM_THREADS: threads,
      MKL_NUM_THREADS: threads,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let figures: Figures | undefined;
  const complaints: string[] = [];
  createInterface(child.stdout).on("line", (line) => {
    if (line.startsWith("figures ")) figures = JSON.parse(line.slice("figures ".length));
    else log(line);
  });
  createInterface(child.stderr).on("line", (line) => complaints.push(line));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0 && figures) resolve(figures);
      else
        reject(
          new Error(`${side} failed at ${task.kind} (status ${status}): ${complaints.slice(-3).join(" ")}`),
        );
    });
  });
}

/** Has the sides do a task in turns, `rounds` times; the task may depend on the round. */
export async function contest(
  taskOf: (round: number) => Task,
  sides: Side[],
  rounds: number,
  log: (line: string) => void,
): Promise<Rounds> {
  const all = { kit: [], peer: [], ...Object.fromEntries(sides.map((side) => [side, []])) } as Rounds;
  // Each round begins with the other side, since what ran before warms the machine up or tires it.
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) {
      const start = performance.now();
      const say = (line: string) => log(`  round ${round + 1} of ${rounds}, ${side}: ${line}`);
      all[side]!.push(await measure(side, taskOf(round), say));
      say(`done in ${((performance.now() - start) / 1000).toFixed(0)} s`);
    }
  return all;
}
