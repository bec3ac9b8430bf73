// A user's own script, which SIGTERM ends: node --import tsx sigtermChild.ts <what> <folder>.
import { topNLayerFreeze } from "../../src/freeze";
import { searchDepth } from "../../src/search/searchDepth";
import { freezeSweep } from "../../src/sweep/freezeSweep";
import { adaptToTexts } from "../../src/training/adaptToTexts";
import { fineTune } from "../../src/training/fineTune";
import { loadTiny, toyRows } from "./toyData";

const log = () => {};
const data = { train: toyRows(48), valid: toyRows(24, "valid") };
// Long enough that none ends before the signal, and nothing is written by then that the signal has not asked for.
const options = { epochs: 500, batchSize: 8, learningRate: 1e-3, log, saveEvery: 1_000_000 };

const KINDS: Record<string, (folder: string) => Promise<void>> = {
  async fineTune(resume) {
    const model = await loadTiny();
    topNLayerFreeze(model, 2);
    for await (const event of fineTune(model, data, { ...options, resume }))
      if (event.type === "step") console.log(event.step);
  },
  async freezeSweep(out) {
    const model = await loadTiny();
    for await (const event of freezeSweep(model, data, { ...options, n: [2, 3], out }))
      if (event.type === "progress" && event.event.type === "step") console.log(event.event.step);
  },
  async searchDepth(out) {
    const { learningRate, ...more } = options;
    const run = searchDepth(await loadTiny(), data, { ...more, learningRates: [learningRate], n: [2], out });
    for await (const event of run)
      if (event.type === "progress" && event.event.type === "step") console.log(event.event.step);
  },
  async adaptToTexts(resume) {
    const run = adaptToTexts(await loadTiny(), data.train, { ...options, maskTokenId: 4, resume });
    for await (const event of run) if (event.type === "step") console.log(event.step);
  },
  /** Listens itself, and saves what it likes. */
  async listens(resume) {
    const abort = new AbortController();
    process.on("SIGTERM", () => abort.abort());
    const run = fineTune(await loadTiny(), data, { ...options, resume, signal: abort.signal });
    for await (const event of run) if (event.type === "step") console.log(event.step);
    console.log(`stopped by itself: ${(await run).stopped}`);
  },
  /** Keeps nothing, so that nothing has to be waited for. */
  async keepsNothing() {
    const run = fineTune(await loadTiny(), data, { epochs: 500, batchSize: 8, log });
    for await (const event of run) if (event.type === "step") console.log(event.step);
  },
  /** Leaves a run without taking its events, which has no next step. */
  async abandons(resume) {
    const events = fineTune(await loadTiny(), data, { ...options, resume })[Symbol.asyncIterator]();
    await events.next();
    console.log(3);
    await new Promise(() => setInterval(() => {}, 1000));
  },
};

async function main(kind: string, folder: string): Promise<void> {
  await KINDS[kind](folder);
  console.log("what follows");
}

if (require.main === module) void main(process.argv[2], process.argv[3]);
