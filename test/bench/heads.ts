// npx tsx test/bench/heads.ts [N …]: the class token's head against the mean's (`head: "mean"`) on banking-intents, for depths at which
// the frozen part is deep. Each depth and head gets the rate that does best on the validation rows over all seeds; the accuracy on the
// test rows, which chose nothing, stands beside. Takes a few minutes on two cores with TensorFlow.
import { join } from "node:path";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { loadTokenizer } from "../../src/data/loadTokenizer";
import { readTable } from "../../src/data/readTable";
import { textDataset } from "../../src/data/textDataset";
import { tokenize } from "../../src/data/tokenize";
import { formatEngine, useEngine } from "../../src/engine/useEngine";
import { topNLayerFreeze } from "../../src/freeze";
import { evaluate } from "../../src/training/evaluate";
import { fineTune } from "../../src/training/fineTune";

const DATA = join(__dirname, "../../data");
const MODEL = join(DATA, "all-MiniLM-L6-v2");
const SEEDS = [0, 1, 2];
/** Deep freezes leave little to learn, which wants a higher rate. */
const RATES: Record<number, number[]> = {
  3: [5e-4, 1e-3],
  4: [5e-4, 1e-3, 2e-3],
  5: [1e-3, 2e-3, 5e-3],
  6: [3e-3, 1e-2, 3e-2, 1e-1, 3e-1],
};
const HEADS = [
  ["class token", undefined],
  ["mean", "mean"],
] as const;

type Rows = Awaited<ReturnType<typeof tokenize>>;

async function rows(): Promise<Record<"train" | "valid" | "test", Rows>> {
  const tokenizer = await loadTokenizer(MODEL);
  const table = async (name: string) => readTable(join(DATA, "banking-intents", name));
  const train = textDataset(await table("train.csv"), { text: "text", label: "target" });
  const { classes } = train.labels as { classes: string[] };
  const options = { text: "text", label: "target", classes };
  const valid = textDataset(await table("valid.csv"), options);
  const [texts, answers] = [await table("test.csv"), await table("test_answers.csv")];
  const answered = textDataset(
    {
      ...texts,
      columns: [...texts.columns, "target"],
      rows: texts.rows.map((row, i) => ({ ...row, target: answers.rows[i].target })),
    },
    options,
  );
  const made = { train, valid, test: answered };
  const encoded = Object.entries(made).map(
    async ([name, dataset]) => [name, await tokenize(dataset, tokenizer, { maxLength: 48 })] as const,
  );
  return Object.fromEntries(await Promise.all(encoded)) as Record<keyof typeof made, Rows>;
}

async function trial(
  data: Record<"train" | "valid" | "test", Rows>,
  n: number,
  head: (typeof HEADS)[number][1],
  learningRate: number,
  seed: number,
) {
  const { classes } = data.train.labels as { classes: string[] };
  const model = await AutoModelForSequenceClassification.fromPretrained(MODEL, {
    classes,
    seed,
    head,
    log: () => {},
  });
  topNLayerFreeze(model, n);
  const start = performance.now();
  await fineTune(model, { train: data.train }, { epochs: 3, batchSize: 32, learningRate, seed });
  const seconds = (performance.now() - start) / 1000;
  const accuracies = [data.valid, data.test].map(
    async (rows) => (await evaluate(model, rows)).metrics.accuracy,
  );
  const [valid, test] = await Promise.all(accuracies);
  model.dispose();
  return { valid, test, seconds };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values: number[]) =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));

async function main(depths: number[]): Promise<void> {
  console.log(formatEngine(await useEngine("auto")));
  const data = await rows();
  for (const n of depths)
    for (const [name, head] of HEADS) {
      const tried = [];
      for (const rate of RATES[n]) {
        const trials: Awaited<ReturnType<typeof trial>>[] = [];
        for (const seed of SEEDS) trials.push(await trial(data, n, head, rate, seed));
        const [valid, test, seconds] = (["valid", "test", "seconds"] as const).map((key) =>
          trials.map((each) => each[key]),
        );
        tried.push({ rate, valid, test, seconds });
        console.log(
          `N = ${n}, ${name}, ${rate}: valid ${mean(valid).toFixed(4)} ± ${spread(valid).toFixed(4)}, test ${mean(test).toFixed(4)} ± ${spread(test).toFixed(4)}, ${mean(seconds).toFixed(2)} s`,
        );
      }
      const best = tried.reduce((a, b) => (mean(b.valid) > mean(a.valid) ? b : a));
      console.log(`N = ${n}, ${name}, best: ${best.rate}`);
    }
}

void main(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [6, 5, 4, 3]);
