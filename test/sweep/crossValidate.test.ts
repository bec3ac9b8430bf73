import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import * as tf from "@tensorflow/tfjs-core";
import type { Labels } from "../../src/data/labels";
import type { Split } from "../../src/data/splits";
import { takeRows } from "../../src/data/takeRows";
import type { EncodedDataset } from "../../src/data/tokenize";
import { freezeWhere, topNLayerFreeze } from "../../src/freeze";
import type { SequenceClassifier } from "../../src/models/SequenceClassifier";
import type { CrossValidateOptions } from "../../src/sweep/CrossValidation";
import { crossValidate } from "../../src/sweep/crossValidate";
import { readOutOfFold } from "../../src/sweep/readOutOfFold";
import { fineTune } from "../../src/training/fineTune";
import { metrics } from "../../src/training/metrics";
import { predict } from "../../src/training/predict";
import { onEveryFastEngine } from "../onEveryEngine";
import { loadTiny, tinyWithDropout, toyRows } from "../training/toyData";

const train = toyRows(30);
const test = { ...toyRows(8, "test"), labels: null };

/** Every third row. */
const folds: Split[] = [0, 1, 2].map((fold) => {
  const all = Int32Array.from({ length: 30 }, (_, row) => row);
  return { train: all.filter((row) => row % 3 !== fold), valid: all.filter((row) => row % 3 === fold) };
});

const weightsOf = async (model: SequenceClassifier) => {
  const weights: Record<string, number[]> = {};
  for (const [name, parameter] of model.namedParameters()) weights[name] = [...(await parameter.data())];
  return weights;
};

onEveryFastEngine("crossValidate", () => {
  let folder = "";
  let model: SequenceClassifier;
  let runs = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-test-"));
    model = await loadTiny(tinyWithDropout());
    topNLayerFreeze(model, 1);
  });
  after(() => {
    model.dispose();
    rmSync(folder, { recursive: true });
  });

  const options = (more: CrossValidateOptions = {}): CrossValidateOptions => ({
    epochs: 2,
    batchSize: 8,
    learningRate: 3e-3,
    out: join(folder, String(++runs)),
    log: () => {},
    ...more,
  });

  it("has each row predicted by the model of its fold, as the same trainings by hand do, and leaves the model as it was", async () => {
    const before = await weightsOf(model);
    const flags = model.namedParameters().map(([, { requiresGrad }]) => requiresGrad);
    const cv = await crossValidate(model, { train, folds, test }, options({ seed: 3 }));
    const { numTensors } = tf.memory();
    const again = await crossValidate(model, { train, folds, test }, options({ seed: 3 }));
    assert.equal(tf.memory().numTensors, numTensors);
    assert.deepEqual(again.probabilities, cv.probabilities);
    assert.deepEqual(await weightsOf(model), before);
    assert.deepEqual(
      model.namedParameters().map(([, { requiresGrad }]) => requiresGrad),
      flags,
    );

    const expected = new Float32Array(60);
    const onTest = new Float32Array(16);
    for (const [fold, rows] of folds.entries()) {
      const own = await loadTiny(model.origin!.folder, { seed: 3 + fold });
      topNLayerFreeze(own, 1);
      const data = { train: takeRows(train, rows.train), valid: takeRows(train, rows.valid) };
      await fineTune(own, data, {
        epochs: 2,
        batchSize: 8,
        learningRate: 3e-3,
        seed: 3 + fold,
        log: () => {},
      });
      const { probabilities } = await predict(own, data.valid);
      for (const [i, row] of rows.valid.entries())
        expected.set(probabilities.subarray(2 * i, 2 * i + 2), 2 * row);
      (await predict(own, test)).probabilities.forEach((p, i) => {
        onTest[i] += p / 3;
      });
      own.dispose();
    }
    const furthest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i])));
    assert.ok(furthest(cv.probabilities, expected) < 1e-5);
    assert.ok(furthest(cv.test!.probabilities, onTest) < 1e-5);
    assert.deepEqual(
      [...cv.folds],
      Array.from({ length: 30 }, (_, row) => row % 3),
    );
    assert.deepEqual([...cv.rows], [...Array(30).keys()]);
    assert.equal(cv.aborted, false);
    assert.deepEqual(cv.metrics, metrics(cv.probabilities, train.labels!));
    assert.equal(
      cv.labels.filter(
        (label, row) =>
          label ===
          (train.labels as { ids: Int32Array; classes: string[] } & Labels).classes![
            (train.labels as { ids: Int32Array }).ids[row]
          ],
      ).length / 30,
      cv.metrics.accuracy,
    );
    for (const { fold, rows, metrics: own, training } of cv.results) {
      assert.deepEqual(rows, folds[fold].valid);
      assert.equal(own.accuracy, training.epochs.at(-1)!.metrics.accuracy);
    }
  });

  it("writes what each row got, and reads it back to the bit", async () => {
    const ids = Array.from({ length: 30 }, (_, row) => `row-${99 - row}`);
    const cv = await crossValidate(model, { train, folds }, options({ ids }));
    const path = join(cv.folder, "out_of_fold.csv");
    const [header, first, ...more] = readFileSync(path, "utf8").split("\n");
    assert.equal(header, "id,fold,label,odd,even");
    assert.match(first, /^row-99,0,(odd|even),0\.\d+,0\.\d+$/);
    assert.equal(more.length, 30, "29 rows and the end");
    assert.equal(cv.test, null);
    const { aborted, metrics, results, test, folder, ...said } = cv;
    assert.deepEqual(await readOutOfFold(path, { labels: train.labels, ids }), said);
    await assert.rejects(readOutOfFold(path, train), {
      message: /has a column "id", but the dataset has no ids/,
    });
  });

  it("goes on where it was stopped, inside a fold, to the same bits, and trains no fold twice", async () => {
    const whole = await crossValidate(model, { train, folds, test }, options());
    const out = join(folder, "stopped");
    const abort = new AbortController();
    const run = crossValidate(
      model,
      { train, folds, test },
      options({ out, signal: abort.signal, saveEvery: 1 }),
    );
    for await (const event of run)
      if (event.type === "foldProgress" && event.fold === 1 && event.event.type === "step")
        if (event.event.step === 3) abort.abort();
    const stopped = await run;
    assert.deepEqual([stopped.aborted, stopped.results.length, stopped.rows.length], [true, 1, 10]);
    assert.deepEqual(stopped.rows, folds[0].valid);
    assert.equal(existsSync(join(out, "out_of_fold.csv")), false, "there is no part of a file");

    const trained: number[] = [];
    const steps: number[] = [];
    const second = crossValidate(model, { train, folds, test }, options({ out }));
    for await (const event of second) {
      if (event.type === "fold") trained.push(event.fold);
      if (event.type === "foldProgress" && event.fold === 1 && event.event.type === "step")
        steps.push(event.event.step);
    }
    const resumed = await second;
    assert.deepEqual(trained, [1, 2]);
    assert.equal(steps[0], 4, "the step behind the last one that was made");
    assert.deepEqual(resumed.probabilities, whole.probabilities);
    assert.deepEqual(resumed.test, whole.test);
    assert.deepEqual(resumed.metrics, whole.metrics);
    assert.equal(
      readFileSync(join(out, "out_of_fold.csv"), "utf8"),
      readFileSync(join(whole.folder, "out_of_fold.csv"), "utf8"),
    );
    assert.deepEqual(
      readdirSync(out).sort(),
      ["fold-0.safetensors", "fold-1.safetensors", "fold-2.safetensors", "out_of_fold.csv"],
      "states under way are gone",
    );
    const third = crossValidate(model, { train, folds, test }, options({ out }));
    for await (const event of third) assert.deepEqual(event, { type: "folds", count: 3, done: 3 });
    assert.deepEqual((await third).probabilities, whole.probabilities);
  });

  it("refuses a folder with folds of other options, rows, folds, test rows or weights, until it is told to begin anew", async () => {
    const out = join(folder, "others");
    const { probabilities } = await crossValidate(model, { train, folds }, options({ out, epochs: 1 }));
    const refused = (data: object, more: CrossValidateOptions, message: RegExp) =>
      assert.rejects(
        async () => {
          await crossValidate(model, { train, folds, ...data }, options({ out, epochs: 1, ...more }));
        },
        { name: "InputError", message },
      );
    await refused(
      {},
      { learningRate: 1e-3 },
      /holds a fold of another run: learningRate 0\.003, here 0\.001; name another folder/,
    );
    await refused({}, { seed: 1 }, /holds a fold of another run: seed/);
    await refused({ train: toyRows(30, "other") }, {}, /other rows to train on/);
    await refused({ folds: [folds[1], folds[0], folds[2]] }, {}, /other rows to train on/);
    await refused({ test }, {}, /other test rows/);
    freezeWhere(model, "encoder.layer.2.");
    await refused({}, {}, /other parameters that learn/);
    for (const [name, parameter] of model.namedParameters())
      if (name.includes("encoder.layer.2.")) parameter.requiresGrad = true;
    const other = await loadTiny(undefined, { seed: 9 });
    topNLayerFreeze(other, 1);
    await assert.rejects(
      async () => {
        await crossValidate(other, { train, folds }, options({ out, epochs: 1 }));
      },
      { message: /another model: its config/ },
    );
    other.dispose();
    const anew = await crossValidate(
      model,
      { train, folds },
      options({ out, epochs: 1, learningRate: 1e-3, restart: true }),
    );
    assert.notDeepEqual(anew.probabilities, probabilities);
  });

  it("takes away all that an earlier run left when it begins anew, and nothing that is somebody's", async () => {
    const out = join(folder, "anew");
    await crossValidate(model, { train, folds }, options({ out, epochs: 1, saveModels: true }));
    cpSync(join(out, "fold-2"), join(out, "fold-3"), { recursive: true });
    writeFileSync(join(out, "fold-3", "mine.txt"), "mine");
    writeFileSync(join(out, "fold-9.safetensors"), "somebody's");
    mkdirSync(join(out, "fold-04"));

    const abort = new AbortController();
    const two = folds.slice(0, 2);
    const anew = () => options({ out, epochs: 1, restart: true, signal: abort.signal });
    const run = crossValidate(model, { train, folds: two }, anew());
    for await (const event of run)
      if (event.type === "foldProgress" && event.fold === 1 && event.event.type === "step") abort.abort();
    assert.equal((await run).results.length, 1);
    const left = readdirSync(out).sort();
    assert.deepEqual(left.slice(0, 5), [
      "fold-0.safetensors",
      "fold-04",
      "fold-3",
      "fold-9.safetensors",
      left[4],
    ]);
    assert.match(left[4], /^unfinished-/);
    assert.equal(left.length, 5, "no old table, model, or fold that is none now");
    assert.ok(existsSync(join(out, "fold-3", "mine.txt")));
    assert.ok(existsSync(join(out, "fold-3", "model.safetensors")));
  });

  it("begins anew over no model that it trains", async () => {
    const out = join(folder, "over-its-own");
    await crossValidate(model, { train, folds }, options({ out, epochs: 1, saveModels: true }));
    const there = readdirSync(out).sort();
    const first = await loadTiny(join(out, "fold-0"));
    await assert.rejects(
      async () => {
        await crossValidate(first, { train, folds }, options({ out, epochs: 1, restart: true }));
      },
      { name: "InputError", message: /expected another folder than the one the model was loaded from/ },
    );
    first.dispose();
    assert.deepEqual(readdirSync(out).sort(), there);
    assert.ok(existsSync(join(out, "fold-0", "model.safetensors")));
  });

  it("saves the folds' models where it is asked to, which say the same when they are loaded", async () => {
    const cv = await crossValidate(model, { train, folds }, options({ epochs: 1, saveModels: true }));
    for (const { fold, rows } of cv.results) {
      const saved = await loadTiny(join(cv.folder, `fold-${fold}`));
      const { probabilities } = await predict(saved, takeRows(train, rows));
      const own = Float32Array.from(
        [...rows].flatMap((row) => [cv.probabilities[2 * row], cv.probabilities[2 * row + 1]]),
      );
      assert.ok(probabilities.every((p, i) => Math.abs(p - own[i]) < 1e-5));
      saved.dispose();
    }
    assert.equal(cv.results.length, 3);
  });

  it("refuses steps of weight 0 in any fold before the first is trained, by the rows' numbers in the dataset", async () => {
    // Fold 0 trains on some rows that weigh something in its one step, fold 1 on none.
    const weights = Float32Array.from({ length: 30 }, (_, row) => (row % 3 === 1 ? 1 : 0));
    const weighted = { ...train, labels: { ...train.labels!, weights } };
    const given = options({ batchSize: 20, epochs: 1 });
    let message = "";
    assert.throws(
      () => crossValidate(model, { train: weighted, folds }, given),
      (error: Error) => {
        message = error.message;
        return error.name === "InputError";
      },
    );
    const [, rows] =
      /^train: expected .* got one of rows ([\d, ]+), … in epoch 1 of fold 1, which weigh 0/.exec(message)!;
    const named = rows.split(", ").map(Number);
    assert.equal(named.length, 8);
    for (const row of named) assert.ok(folds[1].train.includes(row), `${row} is one of the fold's`);
    assert.equal(existsSync(given.out!), false);

    const byClass = options({ batchSize: 1, classWeights: [1, 0] });
    assert.throws(() => crossValidate(model, { train, folds }, byClass), {
      name: "InputError",
      message: /^classWeights: expected .* got one of rows \d+ in epoch 1 of fold 0, all of class even/,
    });
  });

  it("refuses test rows that were read otherwise than those to train on, as predict does", async () => {
    const readAs = { text: "text", pair: null, label: ["label"], maxLength: 32 };
    const longest = Math.max(...test.inputIds.map(({ length }) => length));
    const refused = (as: object, more: Partial<EncodedDataset>, message: RegExp) => {
      const own = options();
      const other = { ...test, readAs: { ...readAs, label: null, ...as }, ...more };
      assert.throws(() => crossValidate(model, { train: { ...train, readAs }, folds, test: other }, own), {
        name: "InputError",
        message,
      });
      assert.equal(existsSync(own.out!), false);
    };
    refused(
      { pair: "second" },
      {},
      /^test: the model was trained on single texts, these rows have a second one in "second"/,
    );
    refused(
      { maxLength: longest },
      { maxLength: longest, truncated: 3 },
      /^test: the model was trained on texts of up to 32 tokens, these rows have up to \d+; tokenize them with maxLength: 32/,
    );
    const alike = { train: { ...train, readAs }, folds, test: { ...test, readAs } };
    const { test: said } = await crossValidate(model, alike, options({ epochs: 1 }));
    assert.equal(said!.labels.length, 8);
  });

  it("says before it trains that the model of a finished fold was not kept", async () => {
    const out = join(folder, "not-kept");
    await crossValidate(model, { train, folds }, options({ out, epochs: 1 }));
    rmSync(join(out, "fold-0.safetensors"));
    const there = readdirSync(out).sort();
    const saving = (more: CrossValidateOptions = {}) =>
      crossValidate(model, { train, folds }, options({ out, epochs: 1, saveModels: true, ...more }));
    await assert.rejects(async () => void (await saving()), {
      name: "InputError",
      message:
        /^saveModels: fold 1 is finished and its model was not kept in .*fold-1; `restart: true` trains all folds anew$/,
    });
    assert.deepEqual(readdirSync(out).sort(), there, "fold 0 was not trained");
    await saving({ restart: true });
    const { results } = await saving();
    assert.equal(results.length, 3, "all of them are kept now");
    for (const { fold } of results) assert.ok(existsSync(join(out, `fold-${fold}`, "model.safetensors")));
  });

  it("refuses a folder that a later fold's model cannot be saved to before the first fold is trained", async () => {
    const out = mkdtempSync(join(folder, "taken-"));
    mkdirSync(join(out, "fold-1"));
    writeFileSync(join(out, "fold-1", "mine.txt"), "mine");
    for (const restart of [false, true])
      await assert.rejects(
        async () => {
          await crossValidate(model, { train, folds }, options({ out, saveModels: true, restart }));
        },
        {
          name: "InputError",
          message: /fold-1: also holds mine\.txt, which saving a checkpoint here would delete/,
        },
      );
    assert.deepEqual(readdirSync(out), ["fold-1"], "no fold was trained");
    assert.deepEqual(readdirSync(join(out, "fold-1")), ["mine.txt"]);
  });

  it("trains on rows that are in no fold, and says nothing of them", async () => {
    const some = folds.map(({ train, valid }) => ({ train, valid: valid.filter((row) => row < 20) }));
    const cv = await crossValidate(model, { train, folds: some }, options({ epochs: 1 }));
    assert.deepEqual([...cv.rows], [...Array(20).keys()]);
    assert.equal(cv.probabilities.length, 40);
    const read = await readOutOfFold(join(cv.folder, "out_of_fold.csv"), train);
    assert.deepEqual(read.rows, cv.rows);
    assert.deepEqual(cv.metrics, metrics(cv.probabilities, takeRows(train, cv.rows).labels!));
  });

  it("writes over no file that it did not write", async () => {
    const out = mkdtempSync(join(folder, "foreign-"));
    writeFileSync(join(out, "out_of_fold.csv"), "id,mine\n1,2\n");
    assert.throws(() => crossValidate(model, { train, folds }, options({ out })), {
      name: "InputError",
      message: /expected no file, or a table with the columns row, fold, label, odd, even, got another file/,
    });
    assert.equal(readFileSync(join(out, "out_of_fold.csv"), "utf8"), "id,mine\n1,2\n");
    rmSync(join(out, "out_of_fold.csv"));
    writeFileSync(join(out, "fold-0.safetensors"), "somebody's");
    for (const restart of [false, true])
      await assert.rejects(
        async () => {
          await crossValidate(model, { train, folds }, options({ out, restart }));
        },
        {
          name: "InputError",
          message:
            /fold-0\.safetensors: not a safetensors file.*; no fold can be read of it, and restart leaves it: remove it by hand/,
        },
      );
    assert.equal(readFileSync(join(out, "fold-0.safetensors"), "utf8"), "somebody's");
  });

  it("says what to do about a fold that is damaged, or of a later format, since beginning anew leaves it", async () => {
    const out = join(folder, "damaged");
    await crossValidate(model, { train, folds }, options({ out, epochs: 1 }));
    const path = join(out, "fold-1.safetensors");
    const whole = readFileSync(path);
    const text = (from: string, to: string) =>
      Buffer.from(whole.toString("latin1").replace(from, to), "latin1");
    for (const [bytes, message] of [
      [
        whole.subarray(0, -8),
        /fold-1\.safetensors.*; no fold can be read of it, and restart leaves it: remove it by hand/,
      ],
      [
        text("frostkit fold 1", "frostkit fold 2"),
        /written by a later frostkit.*: remove it by hand, or move it away$/,
      ],
      [
        text('\\"training\\":', '\\"training\\"!'),
        /fold-1\.safetensors.*: remove it by hand, or move it away$/,
      ],
    ] as [Buffer, RegExp][]) {
      assert.notDeepEqual(bytes, whole);
      writeFileSync(path, bytes);
      for (const restart of [false, true])
        await assert.rejects(
          async () =>
            void (await crossValidate(model, { train, folds }, options({ out, epochs: 1, restart }))),
          { name: "InputError", message },
        );
      assert.deepEqual(readFileSync(path), bytes);
      assert.ok(existsSync(join(out, "out_of_fold.csv")), "nothing was taken away");
    }
    rmSync(path);
    const { results } = await crossValidate(
      model,
      { train, folds },
      options({ out, epochs: 1, restart: true }),
    );
    assert.equal(results.length, 3);
  });

  it("refuses folds that leak or overlap, ids that are not one a row, and metrics that a fold cannot have, before it trains", () => {
    const refused = (data: object, more: CrossValidateOptions, message: RegExp) =>
      assert.throws(() => crossValidate(model, { train, folds, ...data }, options(more)), {
        name: "InputError",
        message,
      });
    const [first, second, third] = folds;
    refused({ folds: [first] }, {}, /^folds: expected at least 2, got 1$/);
    refused(
      { folds: [first, first] },
      {},
      /^folds\[1\]\.valid: expected each row in one fold, got row 0, which is in fold 0 as well$/,
    );
    refused(
      { folds: [first, { ...second, train: third.train }] },
      {},
      /^folds\[1\]\.train: expected rows that are not validated on, got row 1, which is in both$/,
    );
    refused(
      { folds: [first, { train: [0, 30], valid: [1] }] },
      {},
      /^folds\[1\]\.train: expected an integer from 0 to 29, got 30$/,
    );
    refused(
      { folds: [first, { train: [], valid: [1] }] },
      {},
      /^folds\[1\]\.train: expected rows, got none$/,
    );
    refused(
      { folds: [first, { train: [0] }] },
      {},
      /data\.folds\[1\]\.valid: expected a list of row numbers, got undefined/,
    );
    refused({}, { ids: ["a"] }, /^ids: expected one for each of 30 rows, got 1$/);
    refused({}, { ids: Array(30).fill("a") }, /^ids: expected each once, got "a" twice; leave them out$/);
    refused({}, { metric: "pearson" }, /^metric: expected one of loss, accuracy/);
    refused({ train: { ...train, labels: null } as EncodedDataset }, {}, /^train: expected rows with labels/);
    refused({ valid: train }, {}, /unknown option data\.valid/);
  });
});
