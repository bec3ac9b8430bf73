import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { useEngine } from "../../src/engine/useEngine";
import { Parameter } from "../../src/nn/Parameter";
import { frostLine, readWhole, type Stage } from "../../src/nn/Stage";
import { FakeStored } from "./FakeStored";

const parameter = (name: string, requiresGrad: boolean) => {
  const made = new Parameter(name, new FakeStored([1], [1]));
  made.requiresGrad = requiresGrad;
  return made;
};

const stage = (parts: Pick<Stage<unknown>, "parameters" | "tables" | "buffers">): Stage<unknown> => ({
  name: "stage",
  forward: () => assert.fail(),
  ...parts,
});

describe("Stages", () => {
  before(() => useEngine("onnxruntime"));

  it("are frozen up to the first with a trainable parameter", () => {
    const [frozen, trainable] = [parameter("a", false), parameter("b", true)];
    const stages = [[frozen], [frozen, trainable], [frozen]].map((parameters) => stage({ parameters }));
    assert.equal(frostLine(stages), 1);
    assert.equal(frostLine([stages[0], stages[2]]), 2);
    assert.equal(frostLine([]), 0);
  });

  it("are read whole but for tables that do not learn", () => {
    const [frozen, learning] = [parameter("frozen table", false), parameter("learning table", true)];
    const scattered = new FakeStored([1], [1]);
    scattered.byRows = false;
    const odd = new Parameter("table that cannot be read by rows", scattered);
    odd.requiresGrad = false;
    const [weight, trained, mean] = [parameter("w", false), parameter("v", true), parameter("mean", false)];
    readWhole([
      stage({ parameters: [frozen, learning, odd, weight], tables: [frozen, learning, odd] }),
      stage({ parameters: [trained], buffers: [mean] }),
    ]);
    assert.deepEqual(
      [frozen, learning, odd, weight, trained, mean].map(({ stored }) => stored === null),
      [false, true, true, true, true, true],
    );
    for (const each of [frozen, learning, odd, weight, trained, mean]) each.dispose();
  });
});
