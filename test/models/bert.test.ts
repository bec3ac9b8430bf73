import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { againstPyTorch, fixture } from "./againstPyTorch";
import { recipe } from "./recipe";

againstPyTorch("bert", { frozenBy: 1, belongs: recipe([".embeddings"], "encoder.layer.{}.") });

describe("BERT", () => {
  const load = () =>
    AutoModelForSequenceClassification.fromPretrained(fixture("bert").folder, { log: assert.fail });

  it("says how many tokens it takes when a text is longer", async () => {
    const model = await load();
    assert.throws(() => model.forward({ inputIds: [new Array(65).fill(7)] }), {
      name: "InputError",
      message:
        "inputIds: this model takes at most 64 tokens a text, row 0 has 65; tokenize with maxLength: 64",
    });
    model.dispose();
  });

  it("refuses ragged or empty inputs and says what it expected", async () => {
    const model = await load();
    assert.throws(() => model.forward({ inputIds: [[1, 2], [3]] }), {
      message: /inputIds: expected 2 rows of 2/,
    });
    assert.throws(() => model.forward({ inputIds: [] }), { message: /expected at least one token/ });
    assert.throws(() => model.forward({ inputIds: [[1, 2]], attentionMask: [[1]] }), {
      message: /attentionMask: expected 1 rows of 2/,
    });
    model.dispose();
  });
});
