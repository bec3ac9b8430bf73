import assert from "node:assert/strict";
import { it } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { autocast, type Half } from "../../src/engine/autocast";
import { distance } from "../close";
import { autocastInPython, noPython } from "../inPython";
import { onEveryEngine, withoutHalf } from "../onEveryEngine";
import { fixture } from "./againstPyTorch";
import { NEAR } from "./parityTests";

const TYPES: [Half, string][] = [
  ["bf16", "bfloat16"],
  ["fp16", "float16"],
];
const { inputIds, attentionMask } = fixture("bert").rows;
const rows = { inputIds, attentionMask };

onEveryEngine("autocast and torch.autocast", (engine) => {
  it("give the same logits within the rounding of either, and apart from those in float32", {
    skip: withoutHalf(engine) || noPython,
  }, async () => {
    const folders = ["bert", "distilbert", "electra", "albert", "modernbert"].map(
      (name) => fixture(name).folder,
    );
    const types = TYPES.map(([, type]) => type);
    for (const [folder, there] of Object.entries(autocastInPython(folders, types, rows))) {
      const model = await AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });
      const logits = (precision: Half | "fp32") => {
        const { logits } = autocast(precision, () => model.forward(rows));
        const values = logits.dataSync().slice();
        logits.dispose();
        return values;
      };
      const full = logits("fp32");
      for (const [half, type] of TYPES) {
        const here = logits(half);
        const apart = distance(here, there[type].flat());
        assert.ok(apart <= NEAR[half], `${folder} in ${half}: ${apart}`);
        assert.ok(distance(here, full) > 0);
      }
      model.dispose();
    }
  });
});
