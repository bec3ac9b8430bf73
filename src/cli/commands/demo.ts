import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { linkIfPresent } from "../../engine/native/linkIfPresent";
import { type Engine, useEngine } from "../../engine/useEngine";
import { InputError } from "../../errors";
import { recordsFile } from "../../sweep/record";
import { clearTrialStates } from "../../sweep/trialState";
import { Interrupted } from "../interrupt";
import { note } from "../note";
import { addEngineOption, type EngineFlags } from "../options";
import { showAlive } from "../showAlive";
import { searchCommand } from "./search";
import { sweepCommand } from "./sweep";

const data = join(__dirname, "..", "..", "..", "data");
const out = join("runs", "demo");

/** How much an engine can do in the time that the demo has. */
type Pace = "fast" | "slower" | "slow";

const ALL_DEPTHS = [
  ["--n", "-1..6"],
  ["--epochs", "3"],
];

/** Depths, rows and epochs that end within two minutes on two cores with TensorFlow, within three with ONNX Runtime; less work for others. */
const SIZES: Record<Pace, string[][]> = {
  fast: ALL_DEPTHS,
  slower: ALL_DEPTHS,
  slow: [
    ["--n", "-1,4,5,6"],
    ["--limit", "240"],
    ["--epochs", "2"],
  ],
};

/** Said before it begins: what is left out, and what would make it faster. */
const SAYS: Record<Pace, string> = {
  fast: "All depths take up to two minutes on two cores.",
  slower:
    "All depths take up to two and a half minutes on two cores; with TensorFlow up to two (frostkit native --pip fetches it).",
  slow:
    "This engine takes N = 4, 5 and 6 alone, on 240 of 600 rows, in 2 epochs, and may still take long; ONNX Runtime, which comes " +
    "with npm ci, and TensorFlow (frostkit native --pip fetches it) take all depths and rows in two to three minutes.",
};

const onBundled = (pace: Pace, rates: string): string[] =>
  [
    ["--model", join(data, "all-MiniLM-L6-v2")],
    ["--train", join(data, "banking-intents", "train.csv")],
    ["--valid", join(data, "banking-intents", "valid.csv")],
    ...SIZES[pace],
    ["--batch", "32"],
    ["--lr", rates],
    ["--max-len", "48"],
    ["--out", out],
  ].flat();

/**
 * The search that `npm start` runs first, as it is typed: rates from that of the sweep, which takes over what was trained at it, to what a
 * head alone needs.
 */
export const demoSearch = (pace: Pace): string[] => onBundled(pace, "7e-4,3e-3,3e-2");

/**
 * The sweep that it runs then. One rate for all depths, beside those that the search tried: on these rows nothing frozen scores the same
 * with 7e-4 as with 5e-4, and deep freezes, whose few blocks have to move further, score more.
 */
export const demoSweep = (pace: Pace): string[] => onBundled(pace, "7e-4");

function paceOf({ name }: Engine): Pace {
  if (name === "tensorflow") return "fast";
  return name === "onnxruntime" ? "slower" : "slow";
}

export function demoCommand(): Command {
  return addEngineOption(new Command("demo"))
    .summary("search and sweep the bundled model over the bundled table")
    .description(
      "Runs a search and then a small sweep on the bundled model and table, afresh each time, and says which commands do the same.",
    )
    .addHelpText("after", "\nExamples:\n  frostkit demo\n  npm start")
    .action(demo);
}

async function demo({ engine: wanted }: EngineFlags): Promise<void> {
  for (const name of ["all-MiniLM-L6-v2", "banking-intents"])
    if (!existsSync(join(data, name)))
      throw new InputError(`${join(data, name)}: the bundled data is missing; install frostkit again`);
  // Only its own records: other files of the folder are the user's, or are written over.
  rmSync(recordsFile(out), { force: true });
  clearTrialStates(out);
  // Features that an earlier demo left on disk would make the seconds those of reading.
  process.env.FROSTKIT_CACHE_GB = "0";
  if (wanted === "auto" || wanted === "tensorflow") {
    const line = await linkIfPresent(undefined, showAlive);
    if (line) note(line);
  }
  const pace = paceOf(await useEngine(wanted));
  note(`What does freezing cost and bring? all-MiniLM-L6-v2, 22.7 million parameters in 6 blocks, learns to tell 12 intents of a
bank's customers: once with nothing frozen (N = none), then with the embeddings and the first N blocks frozen.`);
  note(`${SAYS[pace]}\n`);
  try {
    for (const [name, says, command, words] of [
      [
        "search",
        "First: how deep to freeze, and at which rate, in less time than one fine-tuning.",
        searchCommand(),
        demoSearch(pace),
      ],
      [
        "sweep",
        "\nThen the whole curve; what the search has trained is not trained again.",
        sweepCommand(),
        demoSweep(pace),
      ],
    ] as const) {
      note(says);
      note(`frostkit ${name} ${words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(" ")}\n`);
      await command.parseAsync([...words, "--engine", wanted], { from: "user" });
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted("stopped; the demo starts afresh each time, the commands it names go on from here");
  }
}
