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

async function rows(): Promise<Data> {
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

type Data = Record<"train" | "valid" | "test", Rows>;
type Head = (typeof HEADS)[number][1];

/** What the rows to validate on say after the last epoch, and those to test on where they are asked. */
async function trial(
  { train, valid, test }: Data,
  n: number,
  head: Head,
  learningRate: number,
  seed: number,
  ask: boolean,
) {
  const { classes } = train.labels as { classes: string[] };
  const model = await AutoModelForSequenceClassification.fromPretrained(MODEL, {
    classes,
    seed,
    head,
    log: () => {},
  });
  topNLayerFreeze(model, n);
  const { epochs } = await fineTune(
    model,
    { train, valid },
    { epochs: 3, batchSize: 32, learningRate, seed },
  );
  const tested = ask ? (await evaluate(model, test)).metrics.accuracy : Number.NaN;
  model.dispose();
  return { valid: epochs.at(-1)!.metrics!.accuracy, test: tested };
}

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const spread = (values: number[]) =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));

async function main(depths: number[]): Promise<void> {
  console.log(formatEngine(await useEngine("auto")));
  const data = await rows();
  for (const n of depths)
    for (const [name, head] of HEADS) {
      const run = async (rate: number, ask: boolean) => {
        const trials: Awaited<ReturnType<typeof trial>>[] = [];
        for (const seed of SEEDS) trials.push(await trial(data, n, head, rate, seed, ask));
        return trials;
      };
      let best = { rate: 0, accuracy: 0 };
      for (const rate of RATES[n]) {
        const accuracies = (await run(rate, false)).map(({ valid }) => valid);
        if (mean(accuracies) > best.accuracy) best = { rate, accuracy: mean(accuracies) };
        console.log(`N = ${n}, ${name}, rate ${rate}: ${formatted(accuracies)}`);
      }
      const again = await run(best.rate, true);
      const [valid, test] = (["valid", "test"] as const).map((key) =>
        formatted(again.map((each) => each[key])),
      );
      console.log(`N = ${n}, ${name}, best rate ${best.rate}: ${valid}; test rows: ${test}`);
    }
}

const formatted = (values: number[]) => `${mean(values).toFixed(4)} ± ${spread(values).toFixed(4)}`;

void main(process.argv.length > 2 ? process.argv.slice(2).map(Number) : [6, 5, 4, 3]);
