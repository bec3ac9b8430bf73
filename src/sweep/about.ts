import type { Rows } from "../data/Rows";
import type { Classifier } from "../models/Classifier";
import type { FineTuneSettings } from "../training/FineTuneOptions";

/** Model, rows and options of a trial under the names that people gave them, for the report. */
export interface About {
  /** The checkpoint's folder or Hub id, as it was named. */
  model?: string;
  /** Tokens that a row was cut to. */
  maxLength?: number;
  /** Tokens of the longest row to train on. */
  longestRow?: number;
  /** Rows to train on that were cut. */
  truncatedRows?: number;
  /** Height and width of images, in pixels. */
  imageSize?: string;
  /** The training's options, defaults included. */
  options?: Record<string, unknown>;
  /** What else the caller of the sweep named: files, a command. */
  [name: string]: unknown;
}

/** Puts together what a sweep's records say of themselves. */
export function aboutSweep(
  source: string | Classifier,
  model: Classifier,
  train: Rows,
  settings: FineTuneSettings,
  named: Record<string, string>,
): About {
  const { features, signal, seed, resume, restart, saveEvery, maxMinutes, ...options } = settings;
  const facts = { model: nameOf(source, model), ...train.facts(), options, ...named };
  return JSON.parse(JSON.stringify(facts));
}

function nameOf(source: string | Classifier, model: Classifier): string | undefined {
  if (typeof source === "string") return source;
  try {
    return model.folder;
  } catch {
    return undefined; // it started from its config alone
  }
}
