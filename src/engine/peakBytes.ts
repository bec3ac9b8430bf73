import * as tf from "@tensorflow/tfjs-core";

interface Meter {
  current: number;
  peak: number;
}

/**
 * Starts measuring the most bytes that tensors have held at once, counting from the bytes alive now; returns the reading so far.
 * Exact, since every allocation and release passes tfjs's own counter, which is watched here.
 */
export function peakBytes(): () => number {
  const meter = watched();
  meter.peak = meter.current;
  return () => meter.peak;
}

const meters = new WeakMap<object, Meter>();

function watched(): Meter {
  const state = (tf.engine() as unknown as { state: { numBytes: number } }).state;
  let meter = meters.get(state);
  if (!meter) {
    const fresh: Meter = { current: state.numBytes, peak: state.numBytes };
    Object.defineProperty(state, "numBytes", {
      configurable: true,
      enumerable: true,
      get: () => fresh.current,
      set(bytes: number) {
        fresh.current = bytes;
        if (bytes > fresh.peak) fresh.peak = bytes;
      },
    });
    meters.set(state, fresh);
    meter = fresh;
  }
  return meter;
}
