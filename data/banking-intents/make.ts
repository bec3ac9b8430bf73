// npx tsx data/banking-intents/make.ts path/to/banking77: reads the published train.csv and test.csv there and writes the table's
// files beside this script, the same bytes every time.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFiles } from "./tableFiles";

async function make(folder: string | undefined): Promise<void> {
  if (folder === undefined)
    throw new Error(
      "expected the folder of Banking77's train.csv and test.csv: npx tsx make.ts path/to/banking77",
    );
  const files = await tableFiles(join(folder, "train.csv"), join(folder, "test.csv"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(__dirname, name), text);
}

make(process.argv[2]).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
