// node doctorProcess.js: prints what `frostkit doctor` reads of it, beside whatever the engines' libraries write by themselves.
import { doctorFacts } from "./doctorFacts";

void doctorFacts().then(
  (facts) => process.stdout.write(`\nfrostkit: ${JSON.stringify(facts)}\n`),
  (error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
