import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../checkpoint/AutoModelForSequenceClassification";
import { randomRows } from "../data/randomRows";
import { watchCalls } from "../engine/watchCalls";
import { fineTune } from "../training/fineTune";

const MODEL = join(__dirname, "../../data/all-MiniLM-L6-v2");
const [ROWS, TOKENS, SECONDS] = [8, 32, 2];

/** What a training step of the bundled model asks of TensorFlow, the engine in use, in a trial of two seconds after a step that warms up. */
export async function stepTrial(): Promise<string> {
  const model = await AutoModelForSequenceClassification.fromPretrained(MODEL, {
    classes: ["no", "yes"],
    ignoreMismatchedSizes: true,
    log: () => {},
  });
  const watch = watchCalls()!;
  const all = { steps: 0, calls: 0, uploads: 0, inside: 0, seconds: 0 };
  try {
    let start = performance.now();
    // More rows than can be gone through: the trial is left.
    const train = randomRows(ROWS * 1000, TOKENS, model.config.vocab_size as number);
    const options = { epochs: 1, batchSize: ROWS };
    let seen = 0;
    for await (const event of fineTune(model, { train }, options)) {
      if (event.type !== "step") continue;
      const now = performance.now();
      const { calls, uploads, inside } = watch.take();
      // The first two make functions, or claim memory.
      if (++seen > 2) {
        all.steps++;
        all.calls += calls;
        all.uploads += uploads;
        all.inside += inside;
        all.seconds += (now - start) / 1000;
      }
      if (all.seconds >= SECONDS) break;
      start = performance.now();
    }
  } finally {
    watch.stop();
    model.dispose();
  }
  const { steps, calls, uploads, inside, seconds } = all;
  const micros = (milliseconds: number) => Math.round((1000 * milliseconds) / steps).toLocaleString("en-US");
  return (
    `${Math.round(calls / steps).toLocaleString("en-US")} calls, ${Math.round(uploads / steps)} arrays, ${micros(1000 * seconds - inside)} µs of the host ` +
    `beside ${micros(inside)} µs in TensorFlow (the bundled model, ${ROWS} x ${TOKENS} tokens)`
  );
}
