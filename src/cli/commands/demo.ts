import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { linkIfPresent } from "../../engine/native/linkIfPresent";
import { InputError } from "../../errors";
import { Interrupted } from "../interrupt";
import { note } from "../note";
import { addEngineOption, type EngineFlags } from "../options";
import { sweepCommand } from "./sweep";

const data = join(__dirname, "..", "..", "..", "data");
const out = join("runs", "demo");

/** The sweep that `npm start` runs, as it is typed: rows, epochs and rate chosen so that it ends within 120 s on two cores. */
export const DEMO = [
  ["--model", join(data, "all-MiniLM-L6-v2")],
  ["--train", join(data, "banking-intents", "train.csv")],
  ["--valid", join(data, "banking-intents", "valid.csv")],
  ["--n", "-1..6"],
  ["--epochs", "3"],
  ["--batch", "32"],
  ["--lr", "5e-4"],
  ["--max-len", "48"],
  ["--out", out],
].flat();

export function demoCommand(): Command {
  return addEngineOption(new Command("demo"))
    .summary("sweep the bundled model over the bundled table")
    .description(
      "Runs a small sweep on the bundled model and table, afresh each time, and says which command does the same.",
    )
    .addHelpText("after", "\nExamples:\n  frostkit demo\n  npm start")
    .action(demo);
}

async function demo({ engine }: EngineFlags): Promise<void> {
  for (const path of DEMO.filter((_, i) => /^--(model|train|valid)$/.test(DEMO[i - 1])))
    if (!existsSync(path))
      throw new InputError(`${path}: the bundled data is missing; install frostkit again`);
  // Only its own records: other files of the folder are the user's, or are written over.
  rmSync(join(out, "records.jsonl"), { force: true });
  if (engine === "auto" || engine === "tensorflow") {
    const line = await linkIfPresent();
    if (line) note(line);
  }
  note(`frostkit sweep ${DEMO.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(" ")}\n`);
  try {
    await sweepCommand().parseAsync([...DEMO, "--engine", engine], { from: "user" });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new Interrupted(
      "stopped; the demo starts afresh each time, the command it began with goes on from here",
    );
  }
}
