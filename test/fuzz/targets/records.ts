import { join } from "node:path";
import fc from "fast-check";
import { formatSummary } from "../../../src/sweep/formatSummary";
import { latestSweep } from "../../../src/sweep/latestSweep";
import { explainN } from "../../../src/sweep/recommendN";
import { readRecords } from "../../../src/sweep/record";
import { summarize } from "../../../src/sweep/summarize";
import { fakeRecord } from "../../sweep/fakeRecord";
import { mutatedBytes, mutatedJson } from "../mutated";
import type { Target } from "../Target";

const lines = [-1, 0, 1, 2].map((n) => JSON.stringify(fakeRecord({ n, accuracy: 0.8 + n / 100 })));
const whole = Buffer.from(`${lines.join("\n")}\n`);

export const recordsTarget: Target = {
  name: "records",
  cases: fc
    .oneof(
      mutatedBytes([whole]),
      mutatedJson([Buffer.from(lines[1])]).map((line) =>
        Buffer.concat([line, Buffer.from(`\n${lines[2]}\n`)]),
      ),
    )
    .map((bytes) => ({ "records.jsonl": bytes })),
  // What cannot be summed up lies in no one file.
  namesNoFile: true,
  read(folder) {
    const records = latestSweep(readRecords(join(folder, "records.jsonl"), () => {}));
    formatSummary(summarize(records));
    explainN(records);
  },
};
