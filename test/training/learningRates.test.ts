import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { useEngine } from "../../src/engine/useEngine";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { learningRates } from "../../src/training/learningRates";
import { loadTiny } from "./toyData";

describe("learningRates", () => {
  let model: SequenceClassifier;
  before(async () => {
    await useEngine("cpu");
    model = await loadTiny();
  });
  after(() => model.dispose());

  const base = { learningRate: 1, weightDecay: 0.1 };
  const query = (block: number) => `bert.encoder.layer.${block}.attention.self.query.weight`;

  it("gives every parameter the same rate and decay when nothing else is said", () => {
    const rates = learningRates(model, base);
    assert.equal(rates.size, model.namedParameters().length);
    assert.ok([...rates.values()].every((rate) => rate.learningRate === 1 && rate.weightDecay === 0.1));
  });

  it("lowers the rate stage by stage below the head", () => {
    const rates = learningRates(model, { ...base, layerwiseDecay: 0.5 });
    const of = (name: string) => rates.get(name)!.learningRate;
    assert.equal(of("classifier.weight"), 1);
    assert.equal(of("bert.pooler.dense.bias"), 1);
    assert.deepEqual(
      [2, 1, 0].map((block) => of(query(block))),
      [0.5, 0.25, 0.125],
    );
    assert.equal(of("bert.embeddings.LayerNorm.weight"), 0.0625);
  });

  it("lets groups set a rate or a decay, the later ones winning, on top of the layer-wise decay", () => {
    const rates = learningRates(model, {
      ...base,
      layerwiseDecay: 0.5,
      parameterGroups: [
        { match: /bias|LayerNorm/, weightDecay: 0 },
        { match: "classifier.", learningRate: 7 },
        { match: "bert.encoder.layer.2.attention.*", learningRate: 3, weightDecay: 0.5 },
      ],
    });
    assert.deepEqual(rates.get("classifier.bias"), { learningRate: 7, weightDecay: 0 });
    assert.deepEqual(rates.get(query(2)), { learningRate: 3, weightDecay: 0.5 });
    assert.deepEqual(rates.get(query(1)), { learningRate: 0.25, weightDecay: 0.1 });
    assert.deepEqual(rates.get("bert.embeddings.LayerNorm.bias"), { learningRate: 0.0625, weightDecay: 0 });
  });

  it("throws where a group matches nothing", () => {
    const group = (parameterGroups: Parameters<typeof learningRates>[1]["parameterGroups"]) => () =>
      learningRates(model, { ...base, parameterGroups });
    assert.throws(group([{ match: "clasifier." }]), {
      name: "FreezeError",
      message: /clasifier.*close: classifier/,
    });
  });
});
