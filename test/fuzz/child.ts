// One target, for some seconds: node child.ts <target> <seed> <seconds> <folder>. Tells of each case before it is tried, since one that
// never ends, or ends the process, can tell nothing any more: its files are in the folder then.
import fc from "fast-check";
import { useEngine } from "../../src/engine/useEngine";
import { targets } from "./targets";
import { tryCase } from "./tryCase";

/** A broken file of a few hundred kilobytes has no right to more. */
const MOST_BYTES = 1.5e9;

async function main(): Promise<void> {
  const [name, seed, seconds, folder] = process.argv.slice(2);
  console.warn = console.info = console.log = () => {};
  await useEngine("cpu");
  const target = await targets[name]();
  let cases = 0;
  const property = fc.asyncProperty(target.cases, async (files) => {
    process.send!({ case: ++cases });
    await tryCase(target, files, folder);
    const { rss } = process.memoryUsage();
    if (rss > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES} bytes of memory, got ${rss}`);
  });
  const checked = await fc.check(property, {
    seed: Number(seed),
    numRuns: 1_000_000,
    interruptAfterTimeLimit: 1000 * Number(seconds),
    markInterruptAsFailure: false,
  });
  if (checked.failed && checked.counterexample) {
    // The folder is to hold the smallest case that was found.
    await tryCase(target, checked.counterexample[0], folder).catch(() => {});
    process.send!({ failed: (checked.errorInstance as Error | null)?.message ?? "failed" });
  }
  // What was sent last would be lost with the channel.
  process.send!({ done: true }, () => process.disconnect());
}

void main();
