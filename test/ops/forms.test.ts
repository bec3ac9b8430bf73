import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { it, mock } from "node:test";
import { AutoModelForImageClassification } from "../../src/checkpoint/AutoModelForImageClassification";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import { OnnxPass } from "../../src/onnx/OnnxPass";
import { traceOnnx } from "../../src/onnx/traceOnnx";
import { FORMS } from "../../src/ops/forms";
import { POOLINGS } from "../../src/options/words";
import { addLora, mergeLora } from "../../src/recipes/addLora";

const fixtures = join(__dirname, "../fixtures/models");

it("The table of forms holds what the families and heads of the kit are exported with, and nothing else", async () => {
  await useEngine("cpu");
  const [record, derived] = (["record", "derived"] as const).map((name) =>
    mock.method(OnnxPass.prototype, name),
  );
  const quietly = { log: () => {} };
  const export_ = async (model: Parameters<typeof traceOnnx>[0]) => {
    await traceOnnx(model);
    model.dispose();
  };
  for (const { name } of readdirSync(fixtures, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )) {
    const folder = join(fixtures, name);
    await export_(
      name.startsWith("resnet")
        ? await AutoModelForImageClassification.fromPretrained(folder, quietly)
        : await AutoModelForSequenceClassification.fromPretrained(folder, quietly),
    );
  }
  for (const pooling of POOLINGS) {
    const head = { pooling, lastLayers: 3 };
    await export_(
      await AutoModelForSequenceClassification.fromPretrained(join(fixtures, "bert"), { head, ...quietly }),
    );
  }
  await export_(
    await AutoModelForSequenceClassification.fromPretrained(join(fixtures, "bert"), {
      head: { pooling: "mean", useWeightedLayerSum: true },
      ...quietly,
    }),
  );
  const adapted = await AutoModelForSequenceClassification.fromPretrained(join(fixtures, "bert"), quietly);
  addLora(adapted);
  mergeLora(adapted);
  await export_(adapted);
  const used = [...record.mock.calls, ...derived.mock.calls].map((call) => call.arguments[0].op);
  mock.restoreAll();
  assert.deepEqual([...new Set(used)].sort(), Object.keys(FORMS).sort());
});
