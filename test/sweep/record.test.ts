import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { InputError } from "../../src/errors";
import { readRecords } from "../../src/sweep/record";
import { fakeEpoch, fakeRecord } from "./fakeRecord";

const folder = mkdtempSync(join(tmpdir(), "records-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "records.jsonl");

function read(text: string): { records: ReturnType<typeof readRecords>; warnings: string[] } {
  writeFileSync(path, text);
  const warnings: string[] = [];
  return { records: readRecords(path, (message) => warnings.push(message)), warnings };
}

const line = (given: object = {}) => JSON.stringify({ ...fakeRecord(), ...given });

test("Records are read as they were written, one a line.", () => {
  const records = [
    fakeRecord({ n: -1 }),
    fakeRecord({ n: 0, accuracy: null, settings: { epochs: 2 }, restoredEpoch: 1 }),
  ];
  const { records: back, warnings } = read(records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  assert.deepEqual(back, records);
  assert.deepEqual(warnings, []);
});

test("A last line that broke off is left out and reported; the others are kept.", () => {
  const whole = line();
  for (const length of [1, 20, whole.length - 1]) {
    const { records, warnings } = read(`${whole}\n${whole.slice(0, length)}`);
    assert.equal(records.length, 1);
    assert.deepEqual(warnings, [`${path}, line 2: broken off in mid-write; this trial is left out`]);
  }
});

test("A last line that is the start of no record is an error, since it is somebody else's.", () => {
  for (const text of ["my notes", '{"text":"a', '{"trail"'])
    assert.throws(() => read(`${line()}\n${text}`), {
      name: "InputError",
      message: /, line 2: expected a record as JSON, got /,
    });
});

test("A last line that lacks only its line break is whole.", () => {
  const { records, warnings } = read(`${line()}\n${line({ trial: "last" })}`);
  assert.deepEqual(
    records.map((record) => record.trial),
    ["freeze n=0 seed=0", "last"],
  );
  assert.deepEqual(warnings, []);
});

test("A broken line that is not the last, or that ends in a line break, is an error with its number.", () => {
  for (const text of [`${line()}\n{"tri\n${line()}\n`, `${line()}\n{"tri\n`])
    assert.throws(
      () => read(text),
      (error: Error) =>
        error instanceof InputError &&
        error.message.startsWith(`${path}, line 2: expected a record as JSON, got `),
    );
});

test("Empty lines and Windows line breaks are no records and no errors.", () => {
  assert.equal(read(`${line()}\r\n\r\n${line({ trial: "b" })}\r\n\n`).records.length, 2);
  assert.deepEqual(read("").records, []);
});

test("Extra fields pass, since later versions may write more.", () => {
  assert.equal(read(line({ device: "T4" })).records.length, 1);
});

test("A record says its format: one without is of the first, one of a later version is refused in one line.", () => {
  assert.equal(read(`${line()}\n${line({ format: 1 })}\n`).records.length, 2);
  const later = `${path}, line 2: was written by a later frostkit (format 2; this one reads up to 1): update frostkit to read it`;
  // Whatever else in it may be otherwise.
  assert.throws(() => read(`${line()}\n${line({ format: 2, epochs: "none" })}\n`), {
    name: "InputError",
    message: later,
  });
  assert.throws(() => read(line({ format: "1" })), {
    name: "InputError",
    message: `${path}, line 1: expected format 1, got "1"`,
  });
});

test("A field of the wrong kind is an error that names line and field.", () => {
  const cases: [object, string][] = [
    [{ trial: 3 }, "trial: expected a string, got 3"],
    [{ engineReason: null }, "engineReason: expected a string, got null"],
    [{ n: -2 }, "n: expected an integer of at least -1, got -2"],
    [{ n: 1.5 }, "n: expected an integer of at least -1, got 1.5"],
    [{ seed: "0" }, 'seed: expected an integer of any size, got "0"'],
    [{ accuracy: 84 }, "accuracy: expected a number from 0 to 1, got 84"],
    [{ frozenSeconds: null }, "frozenSeconds: expected a number of at least 0, got null"],
    [{ frozenFrom: "disk" }, 'frozenFrom: expected "cache" or nothing, got "disk"'],
    [{ peakTensorBytes: undefined }, "peakTensorBytes: expected an integer of at least 0, got undefined"],
    [{ restoredEpoch: "best" }, 'restoredEpoch: expected a number of at least 0, got "best"'],
    [{ evaluations: 3 }, "evaluations: expected a list, got 3"],
    [
      { evaluations: [{ ...fakeEpoch(), step: 0 }] },
      "evaluations[0].step: expected an integer of at least 1, got 0",
    ],
    [
      { evaluations: [{ ...fakeEpoch(), step: 3, validLoss: "low" }] },
      'evaluations[0].validLoss: expected a number of any size, got "low"',
    ],
    [{ settings: "fast" }, 'settings: expected an object, got "fast"'],
    [{ versions: { node: 22 } }, "versions.node: expected a string, got 22"],
    [{ epochs: [] }, "epochs: expected at least one, got []"],
    [{ epochs: [fakeEpoch(), 7] }, "epochs[1]: expected an object, got 7"],
    [
      { epochs: [fakeEpoch({ trainLoss: Number.NaN })] },
      "epochs[0].trainLoss: expected a number of any size, got null",
    ],
    [
      { epochs: [{ ...fakeEpoch(), metrics: { f1: "0.7" } }] },
      'epochs[0].metrics.f1: expected a number of any size, got "0.7"',
    ],
    [
      { epochs: [fakeEpoch({ evalSeconds: -1 })] },
      "epochs[0].evalSeconds: expected a number of at least 0, got -1",
    ],
    [
      { epochs: [{ ...fakeEpoch(), lossScale: "large" }] },
      'epochs[0].lossScale: expected a number of at least 0, got "large"',
    ],
    [
      { epochs: [fakeEpoch({ skippedSteps: -1 })] },
      "epochs[0].skippedSteps: expected a number of at least 0, got -1",
    ],
    [{ learningRate: -1 }, "learningRate: expected a number of at least 0, got -1"],
    [{ lossCurve: [1] }, "lossCurve: expected a list of losses, got [1]"],
    [{ lossCurve: "steep" }, 'lossCurve: expected a list of losses, got "steep"'],
    [{ lossCurve: [1, null] }, "lossCurve[1]: expected a number of any size, got null"],
  ];
  for (const [given, message] of cases)
    assert.throws(() => read(`${line()}\n${line(given)}\n`), new InputError(`${path}, line 2: ${message}`));
  assert.throws(() => read("[1]\n"), new InputError(`${path}, line 1: expected an object, got [1]`));
});

test("A file that is not there is named.", () => {
  const missing = join(folder, "none.jsonl");
  assert.throws(
    () => readRecords(missing),
    new InputError(`${missing}: expected a file of records, as a sweep writes it, got ENOENT`),
  );
  const nowhere = join(folder, "nowhere");
  assert.throws(
    () => readRecords(join(nowhere, "records.jsonl")),
    new InputError(`${nowhere}: expected a sweep's folder with records.jsonl, got no such folder`),
  );
});

test("A folder in the place of the file is told: a sweep's names its records, one around sweeps names these", () => {
  const around = join(folder, "around");
  mkdirSync(join(around, "train"), { recursive: true });
  writeFileSync(join(around, "train", "records.jsonl"), "");
  assert.throws(
    () => readRecords(join(around, "train")),
    new InputError(
      `${join(around, "train")}: expected a file of records, got a sweep's folder: name ${join(around, "train", "records.jsonl")}`,
    ),
  );
  for (const path of [around, join(around, "records.jsonl")])
    assert.throws(
      () => readRecords(path),
      new InputError(
        `${around}: expected a sweep's folder with records.jsonl, got one around train; name that: ${join(around, "train")}`,
      ),
    );
});
