import { createHash } from "node:crypto";
import type { Rows } from "../data/Rows";
import { engineHash } from "../engine/engineHash";
import { ensureEngine } from "../engine/useEngine";
import { kitHash } from "../kitHash";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { parameterHash } from "../nn/parameterHash";
import { fromExactJson, toExactJson } from "../text/exactJson";
import type { FineTuneOptions } from "./FineTuneOptions";
import { learningRates, type RateOptions } from "./learningRates";

/** All that decides what a training comes to, as plain data; seeds stand among the settings. */
export interface RunIdentity {
  /** The function that was called; the first states were written without, by fineTune. */
  work?: Work;
  /** SHA-256 of the kit's code. */
  kit: string;
  /** `hash` is of its device, threads and settings too. */
  engine: { name: string; versions: Record<string, string>; hash: string };
  /** What is computed of the weights, and which of them learn. */
  model: { hash: string; trainable: string[] };
  /** SHA-256 of each parameter and buffer when the run began. */
  weights: Record<string, string>;
  /** SHA-256 of the rows. */
  train: string;
  valid: string | null;
  settings: Record<string, unknown>;
  /** SHA-256 of each parameter's own rate and decay. */
  rates: string;
}

type Work = "fineTune" | "adaptToTexts";
type Uncompared = "features" | "signal" | "log" | "resume" | "restart" | "saveEvery" | "maxMinutes";
type Settings = RateOptions & Pick<FineTuneOptions, Uncompared | "loss">;

/** The identity of a training that begins now; `besides` the model's parameters others may learn. */
export async function runIdentity(
  work: Work,
  model: Classifier,
  { train, valid }: { train: Rows; valid?: Rows },
  settings: Settings,
  besides: readonly Parameter[] = [],
): Promise<RunIdentity> {
  // Left out is what changes no number, and what stands in the rates; a function in a group has no text.
  const { features, signal, log, resume, restart, saveEvery, maxMinutes, parameterGroups, loss, ...given } =
    settings;
  const { name, versions } = await ensureEngine(log);
  const adapters = model.adapters().map(({ lora }) => [lora.a.name, lora.scale, lora.dropout, lora.merged]);
  const { modelType, problemType, config, classes } = model;
  const all = [...model.namedParameters(), ...model.namedBuffers()];
  const others = besides.map((parameter) => [parameter.name, parameter] as const);
  const weights: Record<string, string> = {};
  for (const [name, parameter] of [...all, ...others]) weights[name] = await parameterHash(parameter);
  const trainable = model.namedParameters().flatMap(([name, { requiresGrad }]) => (requiresGrad ? name : []));
  const rates = [...learningRates(model, settings)];
  return {
    work,
    kit: kitHash(),
    engine: { name, versions, hash: await engineHash() },
    model: { hash: sha256([modelType, problemType, config, classes, adapters]), trainable },
    weights,
    train: train.contentHash(),
    valid: valid?.contentHash() ?? null,
    // As it reads back.
    settings: fromExactJson(toExactJson(withTexts({ ...given, ...(loss && { loss }) }))) as Record<
      string,
      unknown
    >,
    rates: sha256(rates),
  };
}

/** The same with the text of each function, such as a loss or a metric of the user's own, which JSON would leave out. */
function withTexts(value: unknown): unknown {
  if (typeof value === "function") return String(value);
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withTexts(each)]));
}

const sha256 = (facts: unknown): string => createHash("sha256").update(toExactJson(facts)).digest("hex");
