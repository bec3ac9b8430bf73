import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startLocalHub } from "../checkpoint/localHub";
import { folder, frostkitIn } from "./frostkit";
import { tinyTable } from "./tinyModel";

const id = "somebody/tiny-bert";
const text = (value: string) => ({ bytes: Buffer.from(value) });

for (const [what, files, message] of [
  [
    "of a class that is not known",
    {
      "vocab.txt": text("[PAD]\n"),
      "tokenizer_config.json": text('{"tokenizer_class": "BertweetTokenizer"}'),
    },
    /tokenizer_class in tokenizer_config\.json: expected one of Bert, .*, got "BertweetTokenizer"/,
  ],
  ["that is not there", {}, /expected tokenizer\.json, or vocab\.txt as of BERT, got no tokenizer file/],
  [
    "beside a family that is not known",
    { "config.json": text('{"model_type": "mpnet"}') },
    /config\.json: (?=.*bert).*mpnet/,
  ],
  [
    "beside a config that asks for what is not computed",
    { "config.json": text('{"model_type": "bert", "is_decoder": true}') },
    /config\.json: expected a bert as Transformers computes it, got is_decoder true/,
  ],
] as const)
  test(`A tokenizer ${what} ends a command before the model's weights are downloaded`, async () => {
    const hub = await startLocalHub(id, {
      "config.json": text('{"model_type": "bert"}'),
      "model.safetensors": { bytes: Buffer.alloc(1000), lfs: true },
      ...files,
    });
    const env = { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, what), HF_HUB_OFFLINE: undefined };
    const table = tinyTable("test.csv", 6);
    const { code, stderr } = await frostkitIn(
      { env },
      ...["predict", "--model", id, "--data", table, "--out", "out.csv", "--engine", "onnxruntime"],
    );
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.ok(!hub.requests.some(({ path }) => path.endsWith("safetensors")), stderr);
    assert.doesNotMatch(stderr, /fetching model\.safetensors/);
  });
