import * as tf from "@tensorflow/tfjs-core";
import type { Device } from "./recorder/Program";
import { recording } from "./recorder/recording";

/** What TensorFlow was asked since the last look. */
export interface Calls {
  /** All calls into its binding. */
  calls: number;
  /** Arrays of JavaScript that they hand over. */
  uploads: number;
  /** Those that read numbers back. */
  readings: number;
  /** Milliseconds that these calls took. */
  inside: number;
}

export interface CallWatch {
  /** What was asked since the last look, or since the watch began. */
  take(): Calls;
  /** Ends the watch. */
  stop(): void;
}

/** What of a binding hands arrays over, and what reads: tfjs-node's names and those of native/functions.cc. */
const UPLOADS: ReadonlySet<string> = new Set(["createTensor", "upload"]);
const READINGS: ReadonlySet<string> = new Set(["tensorDataSync", "read"]);

/**
 * Counts calls into the binding of TensorFlow, the engine in use: null on other engines. Until it stops, another object stands in the
 * binding's place, so that a call which nobody counts costs what it did.
 */
export function watchCalls(): CallWatch | null {
  const holder = holderOfBinding();
  if (!holder) return null;
  const { binding } = holder;
  const counts: Calls = { calls: 0, uploads: 0, readings: 0, inside: 0 };
  const counted: Binding = Object.create(binding);
  for (const name of Object.getOwnPropertyNames(binding)) {
    const call = binding[name];
    if (typeof call !== "function") continue;
    const value = (...given: unknown[]) => {
      counts.calls++;
      if (UPLOADS.has(name)) counts.uploads++;
      else if (name === "call") counts.uploads += arraysIn(given);
      if (READINGS.has(name)) counts.readings++;
      const start = performance.now();
      try {
        return call.apply(binding, given);
      } finally {
        counts.inside += performance.now() - start;
      }
    };
    Object.defineProperty(counted, name, { value });
  }
  holder.binding = counted;
  return {
    take() {
      const taken = { ...counts };
      Object.assign(counts, { calls: 0, uploads: 0, readings: 0, inside: 0 });
      return taken;
    },
    stop() {
      holder.binding = binding;
    },
  };
}

/** Functions take arrays among their inputs. */
const arraysIn = (given: unknown[]): number =>
  given.flat().filter((each) => each instanceof Float32Array || each instanceof Int32Array).length;

type Binding = Record<string, unknown>;

/** tfjs-node's backend, or the device that keeps what functions make. */
function holderOfBinding(): { binding: Binding } | null {
  if (tf.getBackend() !== "tensorflow") return null;
  const recorder = recording()?.recorder;
  const holder: tf.KernelBackend | Device | null = recorder ? recorder.device : tf.backend();
  return holder as unknown as { binding: Binding };
}
