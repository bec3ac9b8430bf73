import { setImmediate } from "node:timers/promises";

/** Lets timers, signals and the kernel's messages have their turn: the engine's kernels block the event loop. */
export const nextTurn = (): Promise<void> => setImmediate();
