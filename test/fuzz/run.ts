// npm run fuzz -- --minutes M --seed S [target …]: broken and hostile files of every kind that the kit reads, one kind after the other in
// a process of its own with a limit on time and memory. Each has to be read, or refused in one line that names it. What fails is kept in
// runs/fuzz, and put into test/fuzz/found once it is mended.
import { fork } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { targets } from "./targets";

/** Until the first case: the engine and the kinds' own files are loaded first. */
const SECONDS_TO_START = 180;

/**
 * No case of a few kilobytes takes longer, on a machine that is busy as well; an expression without an end is given up on after ten
 * seconds, a command line after sixty.
 */
const SECONDS_A_CASE = 90;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now() % 1e9) },
  },
  allowPositionals: true,
});
const minutes = Number(values.minutes);
const unknown = positionals.find((name) => !Object.hasOwn(targets, name));
if (!(minutes > 0) || !Number.isSafeInteger(Number(values.seed)) || unknown !== undefined) {
  console.error(
    `expected --minutes M --seed S and some of ${Object.keys(targets).join(", ")}; got ${process.argv.slice(2).join(" ")}`,
  );
  process.exit(2);
}
const names = positionals.length > 0 ? positionals : Object.keys(targets);

interface Outcome {
  cases: number;
  /** What went wrong with the last one; null where nothing did. */
  wrong: string | null;
}

function fuzz(name: string, seed: string, seconds: number, folder: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = fork(join(__dirname, "child.ts"), [name, seed, String(seconds), folder], {
      execArgv: ["--import", "tsx", "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    let said = "";
    child.stderr!.on("data", (text) => {
      said = `${said}${text}`.slice(-2000);
    });
    const outcome: Outcome = { cases: 0, wrong: null };
    let done = false;
    const watch = (limit: number) =>
      setTimeout(() => {
        outcome.wrong = `it took more than ${limit} s`;
        child.kill("SIGKILL");
      }, 1000 * limit);
    let timer = watch(SECONDS_TO_START);
    child.on("message", (message: { case?: number; failed?: string; done?: boolean }) => {
      clearTimeout(timer);
      timer = watch(SECONDS_A_CASE);
      if (message.case) outcome.cases = message.case;
      if (message.failed) outcome.wrong = message.failed;
      if (message.done) done = true;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (!done) outcome.wrong ??= `the process ended with ${signal ?? code}: ${said}`;
      resolve(outcome);
    });
  });
}

async function main(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "frostkit-fuzz-"));
  let failed = 0;
  let cases = 0;
  const began = Date.now();
  try {
    for (const [i, name] of names.entries()) {
      const left = 60_000 * minutes - (Date.now() - began);
      const seconds = Math.max(1, left / 1000 / (names.length - i));
      const folder = join(scratch, name);
      const outcome = await fuzz(name, values.seed, seconds, folder);
      cases += outcome.cases;
      console.log(`${name}: ${outcome.cases} cases${outcome.wrong === null ? "" : `, ✖ ${outcome.wrong}`}`);
      if (outcome.wrong === null) continue;
      failed++;
      const kept = join("runs", "fuzz", `${name}-${values.seed}`);
      rmSync(kept, { recursive: true, force: true });
      mkdirSync(kept, { recursive: true });
      if (existsSync(folder)) cpSync(folder, kept, { recursive: true });
      console.log(`  its files are in ${kept}`);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  console.log(
    `${cases} cases of ${names.length} kinds, seed ${values.seed}: ${failed === 0 ? "each was read, or refused in one line" : `${failed} kinds failed`}`,
  );
  process.exitCode = failed === 0 ? 0 : 1;
}

void main();
