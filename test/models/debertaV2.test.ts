import assert from "node:assert/strict";
import { before, describe, it, mock } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import { AutoModelForSequenceClassification } from "../../src/checkpoint/AutoModelForSequenceClassification";
import { useEngine } from "../../src/engine/useEngine";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import { textInputs } from "../../src/models/textInputs";
import { Parameter } from "../../src/nn/Parameter";
import { Pass } from "../../src/nn/Pass";
import { runStages } from "../../src/nn/runStages";
import { assertClose } from "../close";
import { readAll } from "../readAll";
import { againstPyTorch, fixture } from "./againstPyTorch";
import { variant } from "./variant";

const FIXTURES = [
  "deberta-v2",
  "deberta-v2-own-positions",
  "deberta-v2-content-position",
  "deberta-v2-convolution",
];

// As the article selects them, with the relative embeddings and their norm, which it left trainable.
const belongs = (name: string, n: number) =>
  /\.embeddings\.|encoder\.(rel_embeddings|LayerNorm)\./.test(name) ||
  Array.from({ length: n }, (_, i) => `encoder.layer.${i}.`).some((block) => name.includes(block)) ||
  // It ends the first block.
  (n > 0 && name.includes("encoder.conv."));

for (const name of FIXTURES) againstPyTorch(name, { frozenBy: 1, belongs });

describe("DeBERTa", () => {
  before(() => useEngine("onnxruntime"));

  const load = (from: string) =>
    AutoModelForSequenceClassification.fromPretrained(from, { log: assert.fail });

  const logitsOf = (model: SequenceClassifier, inputIds: number[][]): Float32Array => {
    const { logits } = model.forward({ inputIds });
    const values = logits.dataSync() as Float32Array;
    logits.dispose();
    return values;
  };

  /** Runs one text of `length` tokens forward and backward; gives the gradients, and which recorded ops read a parameter. */
  function trained(model: SequenceClassifier, length: number) {
    const pass = new Pass({ training: true, recording: true, seed: [0] });
    const record = mock.method(pass, "record");
    const inputIds = Int32Array.from({ length }, (_, i) => 2 + i);
    const inputs = textInputs({
      batchSize: 1,
      sequenceLength: length,
      inputIds,
      attentionMask: new Int32Array(length).fill(1),
    });
    const sum = runStages(pass, model.stages, inputs, {
      finish: (logits) =>
        pass.record({
          output: tf.sum(tf.square(logits.tensor)),
          inputs: { logits },
          saved: () => ({ logits: logits.tensor }),
          backward: (_, { logits }) => ({ logits: tf.mul(logits, 2) }),
        }),
    });
    const gradients = pass.backward(sum);
    sum.tensor.dispose();
    const readers = (name: string) =>
      record.mock.calls.filter((call) =>
        Object.values(call.arguments[0].inputs).some(
          (source) => source instanceof Parameter && source.name === name,
        ),
      );
    return { gradients, readers };
  }

  it("freezes by its stages what freeze.ts freezes by the names alone", async () => {
    for (const name of FIXTURES) {
      const [one, other] = [await load(fixture(name).folder), await load(fixture(name).folder)];
      const named = { namedParameters: () => other.namedParameters() };
      for (let n = 0; n <= one.depth; n++)
        assert.deepEqual(topNLayerFreeze(one, n), topNLayerFreeze(named, n), `${name}, N = ${n}`);
      one.dispose();
      other.dispose();
    }
  });

  it("says of no block that it is frozen because it shares the relative embeddings", async () => {
    const warn = mock.method(console, "warn", () => {});
    const model = await load(fixture("deberta-v2").folder);
    topNLayerFreeze(model, 0);
    assert.equal(warn.mock.callCount(), 0);
    assert.deepEqual(
      model.frostStages()[0].parameters,
      fixture("deberta-v2").expected.frozen.filter((name) => belongs(name, 0)),
    );
    model.dispose();
    warn.mock.restore();
  });

  it("looks up and norms the relative embeddings once for all blocks, and only those within reach", async () => {
    const model = await load(fixture("deberta-v2").folder);
    const { gradients, readers } = trained(model, 4);
    assert.equal(readers("deberta.encoder.rel_embeddings.weight").length, 1);
    assert.equal(readers("deberta.encoder.LayerNorm.weight").length, 1);
    // Three places to each side of row 8, which stands for none.
    const rows = gradients
      .get(model.parameter("deberta.encoder.rel_embeddings.weight"))!
      .arraySync() as number[][];
    const moved = rows.flatMap((row, i) => (row.some((x) => x !== 0) ? [i] : []));
    assert.deepEqual(moved, [5, 6, 7, 8, 9, 10, 11]);
    tf.dispose([...gradients.values()]);
    model.dispose();
  });

  it("computes nothing for relative embeddings that are frozen while blocks learn", async () => {
    const model = await load(fixture("deberta-v2").folder);
    freezeWhere(model, /encoder\.(rel_embeddings|LayerNorm)\./);
    readAll(model);
    const before = tf.memory().numTensors;
    const { gradients } = trained(model, 6);
    const names = [...gradients.keys()].map(({ name }) => name);
    assert.ok(!names.some((name) => /encoder\.(rel_embeddings|LayerNorm)\./.test(name)));
    assert.equal(names.length, model.namedParameters().length - 3);
    tf.dispose([...gradients.values()]);
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
  });

  it("reads pos_att_type as older configs have it, a text with | between", async () => {
    const [one, other] = [
      await load(fixture("deberta-v2").folder),
      await load(variant("deberta-v2", { pos_att_type: "P2C|c2p" })),
    ];
    const rows = fixture("deberta-v2").rows.inputIds;
    assert.deepEqual(logitsOf(one, rows), logitsOf(other, rows));
    one.dispose();
    other.dispose();
  });

  it("takes texts of any length, unless it adds absolute positions too", async () => {
    const text = (length: number) => [Array.from({ length }, (_, i) => 2 + (i % 50))];
    const relative = await load(fixture("deberta-v2").folder);
    assert.equal(relative.maxTokens, Number.POSITIVE_INFINITY);
    assert.ok(logitsOf(relative, text(200)).every(Number.isFinite));
    const absolute = await load(fixture("deberta-v2-own-positions").folder);
    assert.throws(() => absolute.forward({ inputIds: text(33) }), {
      message: /takes at most 32 tokens a text, row 0 has 33/,
    });
    relative.dispose();
    absolute.dispose();
  });

  it("gives a text the same logits alone and beside longer ones", async () => {
    for (const name of FIXTURES) {
      const model = await load(fixture(name).folder);
      const { inputIds, attentionMask, tokenTypeIds } = fixture(name).rows;
      const length = attentionMask![2].indexOf(0);
      const alone = model.forward({
        inputIds: [inputIds[2].slice(0, length)],
        tokenTypeIds: tokenTypeIds && [tokenTypeIds[2].slice(0, length)],
      });
      assertClose(alone.logits, fixture(name).expected.logits[2], 1e-5, name);
      alone.logits.dispose();
      model.dispose();
    }
  });

  it("says in one line which configurations it does not follow", async () => {
    const rejects = (fields: Record<string, unknown>, message: RegExp) =>
      assert.rejects(load(variant("deberta-v2", fields)), { name: "InputError", message });
    await rejects(
      { conv_kernel_size: 2 },
      /config\.json: expected an odd number as conv_kernel_size, got 2, which is not supported/,
    );
    await rejects({ conv_kernel_size: 3, conv_groups: 4 }, /expected 1 as conv_groups, got 4/);
    await rejects(
      { pos_att_type: ["c2p", "p2p"] },
      /expected c2p, p2c or both as pos_att_type, got \["c2p","p2p"\]/,
    );
    await rejects({ pooler_hidden_size: 64 }, /expected hidden_size \(32\) as pooler_hidden_size, got 64/);
    await rejects({ share_att_key: "yes" }, /expected true or false as share_att_key, got "yes"/);
  });
});
