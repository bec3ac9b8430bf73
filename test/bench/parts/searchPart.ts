import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { greatest } from "../../../src/extremes";
import { mean } from "../../../src/sweep/mean";
import type { Rounds, SearchTask } from "../contest";
import type { SearchVerdict } from "../judgeSearch";
import type { Bench, Measured, Part } from "../Part";
import { row, type Target } from "../row";

/** A BERT of many blocks and small width, whose weights mean nothing: only its time is looked at. */
const DEEP = { layers: 12, hidden: 128 };
export const DEEP_NAME = "12 blocks of 128, random weights";

const NONE = "a fine-tuning with nothing frozen";

/** What each share is called, what it is of, and how much of that a search may take. */
const TIMES: [keyof SearchVerdict["time"], what: string, of: string, most: number | null][] = [
  ["none", "time", NONE, 1],
  ["noneCpu", "processor time", NONE, null],
  ["sweep", "time", "the sweep of one rate and seed", 0.3],
  ["grid", "time", "the grid of three rates and one seed", 0.1],
];

/** The cases that a grid judged, by name; what only tells the time is left out. */
export const verdictsOf = (measured: Measured): [string, SearchVerdict][] =>
  Object.entries(measured).flatMap(([name, { kit }]) => (kit[0]?.search ? [[name, kit[0].search]] : []));

/** `searchDepth` judged by the whole grid, on tables cut to several sizes. Cases of earlier runs with the same folder and code count as well. */
export const searchPart: Part = {
  about:
    "searchDepth on the bundled encoder, 3 epochs, batches of 32, 48 tokens at most, judged by the grid on the same rows: every depth at the three rates " +
    'of learningRates: "auto" with several seeds, and explainN of all of them. A split draws rows to train on and rows to judge by. The difference is ' +
    "the search's choice less the grid's, in accuracy over the seeds, with the 95 % interval of the paired bootstrap; regret is a loss in its standard " +
    "errors. One fine-tuning with nothing frozen was timed right after each search; sweep and grid are counted in those that ran with them. The search " +
    "has the first seed alone, and a process of its own for each case.",
  readsTable: true,
  async measure(bench) {
    const { sizes, splits, validRows, folder } = bench.search;
    const policy = hashOfSearch();
    for (const rows of sizes)
      for (const split of splits) {
        const name = `${tableName(bench)}, ${rows} + ${validRows} rows, split ${split}`;
        await measureCase(bench, policy, name, bench.encoder, { rows, validRows, split });
      }
    // Once for all tables: only its time is looked at.
    if (readCases(folder, policy)[DEEP_NAME] === undefined) {
      const few = { rows: 300, validRows: 300, split: 0, timeOnly: true };
      await measureCase(bench, policy, DEEP_NAME, bench.checkpoint(DEEP), few);
    }
    return readCases(folder, policy);
  },
  rows(measured) {
    const verdicts = verdictsOf(measured).map(([, verdict]) => verdict);
    const one = (what: string, value: number, target: Target) =>
      row(what, { kit: [value], peer: [] }, (value) => value, target);
    return [
      ...(verdicts.length > 0
        ? [
            ...TIMES.flatMap(([name, what, of, most]) => {
              const shares = verdicts.map(({ time }) => time[name]);
              const target = name === "none" ? { kitAtMost: 0.6 } : null;
              return [
                row(
                  `a search's ${what} over that of ${of}`,
                  { kit: shares, peer: [] },
                  (share) => share,
                  target,
                ),
                ...(most === null
                  ? []
                  : [one(`the longest search over ${of}`, greatest(shares), { kitAtMost: most })]),
              ];
            }),
            one(
              `share of ${verdicts.length} searches that agree with the grid`,
              mean(verdicts.map(({ agrees }) => (agrees ? 1 : 0))),
              { kitAtLeast: 0.9 },
            ),
            one(
              "largest regret of a search, standard errors",
              greatest(verdicts.map(({ regret }) => regret)),
              {
                kitAtMost: 1,
              },
            ),
          ]
        : []),
      ...(measured[DEEP_NAME]
        ? [
            row(
              `a search's time over that of its sweep, ${DEEP_NAME}`,
              measured[DEEP_NAME],
              ({ seconds }) => seconds![0] / seconds![1],
              { kitAtMost: 0.2 },
            ),
          ]
        : []),
    ];
  },
};

async function measureCase(
  bench: Bench,
  policy: string,
  name: string,
  model: string,
  which: Pick<SearchTask, "rows" | "validRows" | "split" | "timeOnly">,
): Promise<void> {
  const { train, valid, text, label } = bench.table;
  const folder = join(bench.search.folder, name.replace(/\W+/g, "-"));
  mkdirSync(folder, { recursive: true });
  const seeds = Array.from({ length: which.timeOnly ? 1 : bench.search.seeds }, (_, seed) => seed);
  const task = { kind: "search" as const, model, train, valid, text, label };
  const settings = { epochs: 3, batchSize: 32, learningRate: 2e-4, maxLength: 48 };
  const rounds = await bench.contest(
    name,
    () => ({ ...task, ...settings, search: { ...which, seeds, folder, policy } }),
    { sides: ["kit"], rounds: 1 },
  );
  writeFileSync(join(folder, judged(policy)), JSON.stringify({ name, rounds }));
}

const judged = (policy: string): string => `judged-${policy}.json`;

/** What has been measured in this folder of searches by this code. */
export function readCases(folder: string, policy: string): Measured {
  const files = readdirSync(folder).map((name) => join(folder, name, judged(policy)));
  const cases = files
    .filter((file) => existsSync(file))
    .map((file): { name: string; rounds: Rounds } => JSON.parse(readFileSync(file, "utf8")));
  return Object.fromEntries(
    cases
      .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }))
      .map(({ name, rounds }) => [name, rounds]),
  );
}

function tableName({ table }: Bench): string {
  const file = resolve(table.train);
  return `${basename(dirname(file))}/${basename(file)}`;
}

/** Names the search's code: by another one it may come to something else. */
function hashOfSearch(): string {
  const folder = join(__dirname, "../../../src/search");
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest("hex").slice(0, 8);
}
