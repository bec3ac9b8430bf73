import { setImmediate } from "node:timers/promises";

/** Lets timers, signals and the kernel's messages be handled: computing blocks the event loop. */
export const nextTurn = (): Promise<void> => setImmediate();
