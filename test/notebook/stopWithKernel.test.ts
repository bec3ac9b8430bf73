import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { StateFolder } from "../../src/training/StateFolder";
import { Kernel } from "./Kernel";
import { ODD_OR_EVEN } from "./oddOrEven";

const repository = join(__dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "frostkit-shutdown-"));
after(() => rmSync(folder, { recursive: true }));

/** A cell that trains for longer than any test, and would say so if it went on behind its run. */
const cell = (resume: string) => `
import { AutoModelForSequenceClassification, fineTune, useEngine } from "frostkit";
await useEngine("onnxruntime");
${ODD_OR_EVEN}
const run = fineTune(model, { train }, { epochs: 10000, resume: ${JSON.stringify(resume)}, saveEvery: 1000000, log() {} });
for await (const event of run) if (event.type === "step") console.log("step " + event.step);
console.log("what follows");`;

for (const how of ["SIGTERM", "shutdown_request"] as const)
  test(`A kernel that is ended by ${how} has its run write the state first, and its cell goes no further`, async () => {
    const kernel = await Kernel.start(join(repository, "notebooks"));
    const resume = join(folder, how);
    let ended: Promise<number | null> | undefined;
    let said = "";
    try {
      const cellEnded = kernel.execute(cell(resume), ({ outputs }) => {
        said = outputs.map(({ text = "" }) => text).join("");
        if (/step 3\n/.test(said)) ended ??= kernel.end(how);
      });
      await assert.rejects(cellEnded, /the kernel ended: exit code 143/);
      assert.equal(await ended, 143);
    } finally {
      kernel.close();
    }
    assert.doesNotMatch(said, /what follows/);
    const state = new StateFolder<{ weights: { loop: { step: number } } }>(resume).open(assert.fail)!;
    state.close();
    assert.ok(state.facts.weights.loop.step >= 3);
  });
