import { setTimeout } from "node:timers/promises";

/** Waits until this is true, or a minute at most: then whatever is asserted next says what is missing. */
export async function waitUntil(isTrue: () => boolean): Promise<void> {
  for (const start = Date.now(); !isTrue() && Date.now() - start < 60_000; ) await setTimeout(5);
}
