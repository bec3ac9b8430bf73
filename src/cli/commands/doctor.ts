import { join } from "node:path";
import { Command } from "commander";
import { withoutLogLines } from "../../engine/native/withoutNoise";
import { FrostError } from "../../errors";
import { runCommand } from "../../packages/runCommand";
import { alignTable } from "../../text/alignTable";
import { print } from "../print";

export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("show what this machine can run, and what is missing")
    .description(
      "Shows versions, cores and memory, which engines run here and how fast they are, the devices of TensorFlow and what " +
        "is free of their memory, which engine auto takes and why, and whether notebooks find the TypeScript kernel; for " +
        "whatever is missing, what to do about it.",
    )
    .option("--ops", "show who computes each op on the engine that auto takes, and why others do not")
    .addHelpText("after", "\nExamples:\n  frostkit doctor\n  frostkit doctor --ops")
    .action(({ ops }: { ops?: true }) => (ops ? listOps() : doctor()));
}

async function listOps(): Promise<void> {
  const { answer, logged } = await ask<string>("--ops");
  print(answer);
  if (logged.length > 0) print(`\n${alignTable(logged)}`);
}

async function doctor(): Promise<void> {
  const { answer, logged } = await ask<[string, string][]>();
  print(alignTable([...answer, ...logged]));
}

/** Asks in a process of its own: what engines' libraries write by themselves, or that one of them dies, is told with the rest. */
async function ask<Answer>(...args: string[]): Promise<{ answer: Answer; logged: [string, string][] }> {
  const child = [join(__dirname, "..", "doctorProcess.js"), ...args];
  const { code, signal, stdout, stderr } = await runCommand(process.execPath, child, { timeout: 900_000 });
  const answer = /^frostkit: (.*)$/m.exec(stdout)?.[1];
  if (answer === undefined)
    throw new FrostError(
      `trying the engines ended with ${signal ?? `exit code ${code}`}: ${linesOf(stderr).at(-1) ?? "nothing was said"}`,
    );
  const logged = linesOf(withoutLogLines(stderr)).map((line): [string, string] => ["a library says", line]);
  return { answer: JSON.parse(answer), logged };
}

/** Without traces of where in a library a line comes from. */
const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at /.test(line))
    .map((line) => line.trim());
