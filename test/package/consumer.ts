// Compiled, never run: a program of a user who has frostkit installed as a package.
import {
  AutoModelForSequenceClassification,
  accuracyFigure,
  type Figure,
  fineTune,
  freezeSweep,
  freezeWhere,
  listParams,
  loadTokenizer,
  type Metrics,
  type ParamRow,
  readTable,
  recommendN,
  type Tokenizer,
  takeRows,
  textDataset,
  tokenize,
  topNLayerFreeze,
  trainValidSplit,
  useEngine,
} from "frostkit";

export async function main(): Promise<[Metrics | null, Figure]> {
  const engine: string = (await useEngine("onnxruntime")).name;
  const model = await AutoModelForSequenceClassification.fromPretrained("m", { classes: ["0", "1"] });
  topNLayerFreeze(model, 3);
  freezeWhere(model, /bias$/);
  const rows: readonly ParamRow[] = listParams(model);
  const tokenizer: Tokenizer = await loadTokenizer("m");
  const table = textDataset(await readTable("t.csv"), { text: "text", label: "target" });
  const split = trainValidSplit(table, { seed: 0 });
  const encode = (rows: Int32Array) => tokenize(takeRows(table, rows), tokenizer, { maxLength: 8 });
  const data = { train: await encode(split.train), valid: await encode(split.valid) };
  let metrics: Metrics | null = null;
  for await (const event of fineTune(model, data, { epochs: 1 }))
    if (event.type === "epoch") metrics = event.metrics;
  const { records } = await freezeSweep(model, data, { n: [0, 1], epochs: 1 });
  const n: number = recommendN(records);
  // These would be no errors if the package's types were any.
  // @ts-expect-error
  const wrongRows: string = rows.length;
  // @ts-expect-error
  const wrongMetrics: number = metrics;
  console.log(engine, n, wrongRows, wrongMetrics);
  return [metrics, accuracyFigure(records)];
}
