import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What a side is asked to do, in a process of its own. */
export interface Task {
  kind: "sweep" | "steps" | "load" | "tokenize";
  /** A checkpoint's folder. */
  model: string;
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
  /** Of steps: how many, and how long each row is. */
  steps?: number;
  tokens?: number;
}

/** What a side measured. */
export interface Figures {
  trials?: { n: number; seconds: number; accuracy: number }[];
  seconds?: number[];
  rows?: number;
  peakRssBytes?: number;
  versions?: Record<string, string>;
}

export type Side = "kit" | "peer";

/** Python with torch and Transformers, which FROSTKIT_PYTHON names; else python3. */
export const python = process.env.FROSTKIT_PYTHON ?? "python3";

export function hasPeer(): boolean {
  return spawnSync(python, ["-c", "import torch, transformers"]).status === 0;
}

/** Runs a task on one side, to its end. */
export function measure(side: Side, task: Task): Figures {
  // peer.py takes one depth where the kit takes a list.
  const given = side === "peer" && task.kind === "steps" ? { ...task, n: task.n![0] } : task;
  const command: Record<Side, string[]> = {
    kit: [process.execPath, "--import", "tsx", join(__dirname, "kit.ts")],
    peer: [python, join(__dirname, "peer.py")],
  };
  const [program, ...args] = command[side];
  const { stdout, stderr, status } = spawnSync(program, [...args, JSON.stringify(given)], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const figures = /^figures (.*)$/m.exec(stdout)?.[1];
  if (status !== 0 || figures === undefined)
    throw new Error(`${side} failed at ${task.kind}: ${stderr.trim().split("\n").slice(-3).join(" ")}`);
  return JSON.parse(figures);
}

/** Has both sides do a task in turns; figures of each, round by round. */
export function contest(task: Task, sides: Side[], rounds: number): Record<Side, Figures[]> {
  const all: Record<Side, Figures[]> = { kit: [], peer: [] };
  // Each round begins with the other side, since what ran before warms the machine up or tires it.
  for (let round = 0; round < rounds; round++)
    for (const side of round % 2 === 0 ? sides : [...sides].reverse()) all[side].push(measure(side, task));
  return all;
}
