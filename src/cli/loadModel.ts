import {
  AutoModelForSequenceClassification,
  type FromPretrainedOptions,
} from "../checkpoint/AutoModelForSequenceClassification";
import { resolveModel } from "../checkpoint/resolveModel";
import { type Engine, formatEngine, useEngine } from "../engine/useEngine";
import type { SequenceClassifier } from "../models/SequenceClassifier";
import { note } from "./note";
import type { EngineFlags, ModelFlags } from "./options";

export interface LoadedModel {
  model: SequenceClassifier;
  engine: Engine;
  /** What was newly initialised or left unused: to be noted once all input has proved good. */
  notes: string[];
}

/** Loads the model that the options name, from a folder or the Hub, into the engine they name. */
export async function loadModel(
  flags: ModelFlags & EngineFlags,
  options: FromPretrainedOptions = {},
  signal?: AbortSignal,
): Promise<LoadedModel> {
  const fetched = new Set<string>();
  const folder = await resolveModel(flags.model, {
    signal,
    onProgress({ file, total }) {
      if (fetched.has(file)) return;
      fetched.add(file);
      note(`fetching ${file} of ${flags.model} (${(total / 1e6).toFixed(1)} MB)`);
    },
  });
  const engine = await useEngine(flags.engine);
  const notes: string[] = [];
  const model = await AutoModelForSequenceClassification.fromPretrained(folder, {
    ...options,
    log: (line) => notes.push(shorten(line)),
  });
  return { model, engine, notes };
}

/** Says on stderr what computes, and what of the model is new or unused. */
export function noteModel({ engine, notes }: LoadedModel): void {
  for (const line of [formatEngine(engine), ...notes]) note(line);
}

/** A checkpoint may lack hundreds of names; a few tell which part of it is meant. */
function shorten(line: string): string {
  const names = line.split(", ");
  return names.length <= 4 ? line : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}
