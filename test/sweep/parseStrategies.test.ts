import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStrategies } from "../../src/sweep/parseStrategies";

test("parseStrategies reads recipes joined by commas, each with settings of its own behind colons", () => {
  assert.deepEqual(parseStrategies("layerwiseDecay"), [{ recipe: "layerwiseDecay" }]);
  assert.deepEqual(
    parseStrategies(
      "layerwiseDecay:decay=0.8, gradual:unfreeze=6/3/-1:name=by hand,bitFit:learningRate=3e-3,norms,lora:rank=4:alpha=8:dropout=.1",
    ),
    [
      { recipe: "layerwiseDecay", decay: 0.8 },
      { recipe: "gradual", unfreeze: [6, 3, -1], name: "by hand" },
      { recipe: "bitFit", learningRate: 0.003 },
      { recipe: "norms" },
      { recipe: "lora", rank: 4, alpha: 8, dropout: 0.1 },
    ],
  );
});

test("LoRA's layers, blocks and depths are lists, each of them set off by a slash, and its kinds true or false", () => {
  assert.deepEqual(
    parseStrategies(
      "lora:targetModules=query/output.dense:layersToTransform=4/5:useRslora=true,lora:n=0/2/4:useDora=false",
    ),
    [
      {
        recipe: "lora",
        ...{ targetModules: ["query", "output.dense"], layersToTransform: [4, 5], useRslora: true },
      },
      { recipe: "lora", n: [0, 2, 4], useDora: false },
    ],
  );
});

test("unfreeze is a word or the N of each epoch, one of them too", () => {
  assert.deepEqual(parseStrategies("gradual:unfreeze=gradual"), [{ recipe: "gradual", unfreeze: "gradual" }]);
  assert.deepEqual(parseStrategies("gradual:unfreeze=6/none"), [{ recipe: "gradual", unfreeze: [6, -1] }]);
  assert.deepEqual(parseStrategies("gradual:unfreeze=2"), [{ recipe: "gradual", unfreeze: [2] }]);
});

test("parseStrategies says in one line what is not known, and what is", () => {
  const refuses = (text: string, message: string) =>
    assert.throws(() => parseStrategies(text), { name: "InputError", message });
  const known = "layerwiseDecay, gradual, bitFit, norms, lora";
  refuses("lora,BitFit", `strategies[1].recipe: expected one of ${known}, got "BitFit"`);
  refuses("norms,", `strategies[1].recipe: expected one of ${known}, got ""`);
  refuses(
    "lora:range=4",
    "freezeSweep: unknown option strategies[0].range; it knows recipe, name, learningRate, rank, alpha, dropout, targetModules, layersToTransform, useRslora, useDora, n",
  );
  refuses(
    "bitFit:rank=all",
    "freezeSweep: unknown option strategies[0].rank; it knows recipe, name, learningRate",
  );
  refuses("lora:8", 'strategies: expected lora:setting=value, got "lora:8"');
  refuses("lora:rank=", 'strategies: expected lora:setting=value, got "lora:rank="');
  refuses("lora:rank=4:rank=8", "strategies: lora: expected rank once, got it twice");
  refuses("lora:recipe=norms", "strategies: lora: expected recipe once, got it twice");
  refuses("lora:rank=four", 'strategies: lora: expected a number as rank, got "four"');
  refuses("lora:rank=4/8", 'strategies: lora: expected a number as rank, got "4/8"');
  refuses("lora:useDora=1", 'strategies: lora: expected true or false as useDora, got "1"');
  refuses("lora:n=none", 'strategies: lora: expected a number as n, got "none"');
  refuses("gradual:unfreeze=6/", 'strategies: gradual: expected a number as unfreeze, got "6/"');
});
