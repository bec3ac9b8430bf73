// Runs of the package that no command makes: node kit.cjs <the kit's index.js> <adapt | spill>, in the run's folder.
import type * as Kit from "../../../src/index";

const [index, what] = process.argv.slice(2);
const { AutoModelForSequenceClassification, ...kit } = require(index) as typeof Kit;

const settings = { batchSize: 16, learningRate: 1e-3 };

async function load() {
  await kit.useEngine("onnxruntime");
  const rows = kit.textDataset(await kit.readTable("train.csv"), { text: "text", label: "target" });
  const { classes } = rows.labels!;
  const model = await AutoModelForSequenceClassification.fromPretrained("model", { classes });
  return { model, train: await kit.tokenize(rows, await kit.loadTokenizer("model")) };
}

/** Trains the encoder on texts, then saves it. */
async function adapt(): Promise<void> {
  const { model, train } = await load();
  await kit.adaptToTexts(model, train, { ...settings, maskTokenId: 1, epochs: 2 });
  await model.savePretrained("saved");
}

/** Fine-tunes with features that find little room in memory. */
async function spill(): Promise<void> {
  const { model, train } = await load();
  kit.topNLayerFreeze(model, 2);
  const features = new kit.FrozenFeatures(model, { memoryBytes: 4096 });
  try {
    let computes = false;
    const run = kit.fineTune(
      model,
      { train },
      { ...settings, epochs: 3, features, resume: "kept", saveEvery: 3 },
    );
    for await (const event of run) computes ||= event.type === "frozen";
    if (computes && features.bytes().disk === 0) throw new Error("nothing was spilled");
  } finally {
    features.dispose();
  }
  await model.savePretrained("saved");
}

const run = { adapt, spill }[what]!;
run().catch((error: Error) => {
  console.error(`chaos: ${error.message}`);
  process.exitCode = 1;
});
