import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SafetensorsFile } from "../../src/checkpoint/SafetensorsFile";
import { readPredictions } from "../../src/sweep/readPredictions";
import { writePredictions } from "../../src/sweep/writePredictions";
import { fakePredictions } from "./fakePredictions";

describe("writePredictions", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-predictions-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const problemType of [
    "single_label_classification",
    "multi_label_classification",
    "regression",
  ] as const)
    it(`keeps what rows got and their labels to the bit: ${problemType}`, () => {
      const given = fakePredictions({ problemType, rows: 41, classes: ["nö", 'a "b"', "c", "d"] });
      const trial = `${problemType} seed=1`;
      const predictions = writePredictions(folder, trial, given);
      const read = readPredictions(folder, { trial, validRows: 41, predictions });
      assert.deepEqual(read, given);
    });

  it("is a safetensors file that anybody's reader opens: outputs and labels, float32 and whole numbers", () => {
    const name = writePredictions(folder, "freeze n=-1 seed=0", fakePredictions({ rows: 41 }));
    const file = SafetensorsFile.open(join(folder, name));
    assert.deepEqual(
      [...file.tensors].map(([tensor, { dtype, shape }]) => [tensor, dtype, shape]),
      [
        ["outputs", "F32", [41, 3]],
        ["labels", "I64", [41]],
      ],
    );
    assert.deepEqual(Object.keys(file.metadata), ["format", "trial", "rows", "problemType", "classes"]);
    assert.equal(file.metadata.trial, "freeze n=-1 seed=0");
    file.close();
    // Four bytes a number, eight a label, and a header.
    assert.ok(statSync(join(folder, name)).size < 41 * (3 * 4 + 8) + 400);
  });

  it("names the file after the trial and what is in it: the same again is one file, others stand beside it", () => {
    const own = mkdtempSync(join(folder, "names-"));
    const write = (trial: string, seed: number) => writePredictions(own, trial, fakePredictions({ seed }));
    const first = write("lora/r=4 seed=0", 0);
    assert.match(first, /^predictions\/lora_r=4_seed=0-[0-9a-f]{16}\.safetensors$/);
    const before = readFileSync(join(own, first));
    assert.equal(write("lora/r=4 seed=0", 0), first);
    const others = [write("lora/r=4 seed=0", 1), write("lora r=4 seed=0", 0)];
    assert.equal(new Set([first, ...others]).size, 3);
    assert.deepEqual(readFileSync(join(own, first)), before);
    assert.equal(readdirSync(join(own, "predictions")).length, 3);
  });

  it("takes away what a killed process left half written, and nothing else", () => {
    const own = mkdtempSync(join(folder, "left-"));
    writePredictions(own, "a", fakePredictions());
    const place = join(own, "predictions");
    const host = hostname().replace(/[^\w.-]/g, "");
    writeFileSync(join(place, `.unfinished.${host}-999999999-0.tmp`), "half");
    writeFileSync(join(place, `.unfinished.${host}-${process.ppid}-0.tmp`), "of one that runs");
    writeFileSync(join(place, "notes.txt"), "mine");
    writePredictions(own, "b", fakePredictions());
    assert.deepEqual(
      readdirSync(place).filter((name) => !name.endsWith(".safetensors")),
      [`.unfinished.${host}-${process.ppid}-0.tmp`, "notes.txt"],
    );
  });

  it("leaves nothing behind where it fails", () => {
    const own = mkdtempSync(join(folder, "fails-"));
    const short = { ...fakePredictions(), outputs: new Float32Array(7) };
    assert.throws(() => writePredictions(own, "a", short));
    assert.deepEqual(readdirSync(join(own, "predictions")), []);
    writeFileSync(join(own, "file"), "");
    assert.throws(() => writePredictions(join(own, "file"), "a", fakePredictions()), /ENOTDIR/);
  });
});
