import assert from "node:assert/strict";
import { test } from "node:test";
import { configJson } from "../../src/checkpoint/configJson";

test("A config is written field by field, as Transformers writes it", () => {
  const config = { model_type: "bert", hidden_size: 32, id2label: { 0: "no" } };
  assert.equal(
    configJson(config),
    '{\n  "model_type": "bert",\n  "hidden_size": 32,\n  "id2label": {\n    "0": "no"\n  }\n}\n',
  );
});

test("A whole number that Python wrote as a float stays one, at any depth", () => {
  const original =
    '{"cutoff": 2.0, "rope": {"theta": 160000.0, "factor": -1.0}, "heads": 4, "eps": 1e-05, "range": 1e2}';
  const text = configJson(JSON.parse(original), original);
  assert.deepEqual(JSON.parse(text), JSON.parse(original));
  for (const field of [
    '"cutoff": 2.0,',
    '"theta": 160000.0,',
    '"factor": -1.0\n',
    '"heads": 4,',
    '"range": 100.0\n',
  ])
    assert.ok(text.includes(field), `${field} in ${text}`);
});

test("Texts, lists and fields that the original lacks are left alone", () => {
  const original = '{"said": "2.0", "rate": 0.5}';
  const config = { said: "2", sizes: [1, 2], rate: 0.25, added: 3, note: '"rate": 1' };
  assert.equal(configJson(config, original), `${JSON.stringify(config, null, 2)}\n`);
});
