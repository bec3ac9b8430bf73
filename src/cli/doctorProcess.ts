// node doctorProcess.js [--ops]: prints what `frostkit doctor` reads of it, beside whatever the engines' libraries write by themselves.
import { doctorFacts } from "./doctorFacts";
import { opsTable } from "./opsTable";

const answer: Promise<unknown> = process.argv.includes("--ops") ? opsTable() : doctorFacts();

void answer.then(
  (facts) => process.stdout.write(`\nfrostkit: ${JSON.stringify(facts)}\n`),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
