import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { assertClose, distance } from "../close";
import { againstPyTorch, fixture } from "./againstPyTorch";
import { recipe } from "./recipe";

againstPyTorch("roberta", { frozenBy: 1, belongs: recipe([".embeddings"], "encoder.layer.{}.") });

describe("RoBERTa", () => {
  const { folder } = fixture("roberta");
  const load = () => AutoModelForSequenceClassification.fromPretrained(folder, { log: assert.fail });

  it("takes two tokens less than it has positions, which count from 2", async () => {
    const model = await load();
    assert.equal(model.maxTokens, 62);
    model.forward({ inputIds: [new Array(62).fill(7)] }).logits.dispose();
    assert.throws(() => model.forward({ inputIds: [new Array(63).fill(7)] }), {
      message: /takes at most 62 tokens a text, row 0 has 63/,
    });
    model.dispose();
  });

  it("gives a text the same logits however far it is padded", async () => {
    const model = await load();
    const alone = model.forward({ inputIds: [[2, 14, 109]] });
    const padded = model.forward({ inputIds: [[2, 14, 109, 1, 1, 1]], attentionMask: [[1, 1, 1, 0, 0, 0]] });
    assertClose(alone.logits, padded.logits, 1e-6);
    tf.dispose([alone.logits, padded.logits]);
    model.dispose();
  });

  it("does not count a padding token within a text as a place, as in Python", async () => {
    const model = await load();
    const positions = model.parameter("roberta.embeddings.position_embeddings.weight");
    const logits = () => model.forward({ inputIds: [[2, 1, 14]] }).logits;
    const before = logits();
    // Places of the three tokens: 2, the padding's own 1, 3. Nobody reads place 4.
    const changed = async (place: number) => {
      const snapshot = positions.snapshot();
      const values = (await positions.value.data()).slice();
      values[32 * place] += 5;
      positions.assign(tf.tensor(values, positions.shape));
      const after = logits();
      positions.restore(snapshot);
      snapshot.dispose();
      const moved = distance(after, before);
      after.dispose();
      return moved;
    };
    for (const place of [1, 2, 3]) assert.ok((await changed(place)) > 1e-3, `place ${place}`);
    for (const place of [0, 4]) assert.equal(await changed(place), 0, `place ${place}`);
    before.dispose();
    model.dispose();
  });
});
