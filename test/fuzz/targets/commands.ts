import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { InputError } from "../../../src/errors";
import type { Target } from "../Target";

const main = join(__dirname, "../../../dist/cli/main.js");

const WORDS = [
  ...[
    "list",
    "sweep",
    "finetune",
    "predict",
    "export",
    "report",
    "probe",
    "doctor",
    "help",
    "demo",
    "pack",
    "version",
  ],
  ...[
    "--model",
    "--train",
    "--valid",
    "--text",
    "--label",
    "--n",
    "--seeds",
    "--lr",
    "--freeze",
    "--save",
    "--out",
    "--data",
    "--strategies",
  ],
  ...[
    "--epochs",
    "--max-length",
    "--batch-size",
    "--head",
    "--engine",
    "--precision",
    "--class-weights",
    "--delimiter",
    "--encoding",
    "--limit",
  ],
  ...[
    "model",
    "table.csv",
    "nowhere",
    "",
    "-1",
    "0",
    "0..3",
    "3..0",
    "1e9",
    "1..1000000000",
    "NaN",
    "bf16",
    "cpu",
    "mean",
    "--",
    "-",
    "--n=",
    "--seeds=0,0",
  ],
  ...[
    "{}",
    '{"rank":4}',
    "lora",
    "../..",
    "~/x",
    "file:///x",
    "\u001b[2J",
    "é",
    "x".repeat(3000),
    "constructor",
    "__proto__",
    "a=b",
    "$HOME",
  ],
];

/** Runs a command line of words at random, in an empty folder, offline: that is never right, and must never be a surprise. */
export const commandTarget: Target = {
  name: "command",
  cases: fc
    .array(
      fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(...WORDS) },
        { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
      ),
      {
        minLength: 1,
        maxLength: 7,
      },
    )
    .filter(
      (words) =>
        !words.some((word) => word.includes("\0")) &&
        words[0] !== "doctor" &&
        words[0] !== "demo" &&
        words[0] !== "pack",
    )
    .map((words) => ({ "arguments.json": Buffer.from(JSON.stringify(words)) })),
  namesNoFile: true,
  read(folder) {
    const words: string[] = JSON.parse(readFileSync(join(folder, "arguments.json"), "utf8"));
    const { status, signal, stderr } = spawnSync(process.execPath, [main, ...words], {
      cwd: folder,
      env: { ...process.env, HOME: folder, HF_HUB_OFFLINE: "1", FROSTKIT_CACHE_GB: "0", NODE_OPTIONS: "" },
      encoding: "utf8",
      timeout: 60_000,
    });
    if (status === 0) return;
    if (status !== 2) throw new Error(`expected exit code 0 or 2, got ${signal ?? status}: ${stderr}`);
    // What commander says of an option may have a second line: the help that it points to.
    throw new InputError(stderr.trim().split("\n").at(-1) ?? "");
  },
};
