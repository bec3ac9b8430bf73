import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OptionTable } from "../../src/options/Option";
import { OPTIONS } from "../../src/options/table";
import { BASES, commentOf, membersOf, sourceOf, TYPES } from "./docComments";
import { optionsPage } from "./optionsPage";

const advice = "run: node --import tsx test/options/refresh.ts";

test("docs/options.md says what the table of options and the commands say", () => {
  assert.equal(sourceOf("docs/options.md"), optionsPage(), advice);
});

describe("The doc comments of options types say what the table says", () => {
  for (const [path, type, table] of TYPES)
    test(type, () => {
      const members = membersOf(sourceOf(path), type);
      assert.ok(members.length > 0);
      for (const { name, comment } of members) {
        assert.ok(Object.hasOwn(table, name), `${type} has ${name}, which is not in the table`);
        assert.equal(comment, commentOf(table[name]), `${type}.${name}; ${advice}`);
      }
    });
});

test("Options types and the table have the same names", () => {
  const members = new Map(
    TYPES.map(([path, type]) => [type, membersOf(sourceOf(path), type).map(({ name }) => name)]),
  );
  // A trial trains as fineTune does; when it is kept and ended is the sweep's.
  const own = ["seed", "signal", "features", "log", "resume", "restart", "saveEvery", "maxMinutes"];
  const trial = members.get("FineTuneOptions")!.filter((name) => !own.includes(name));
  members.set("SweepOptions", [...members.get("SweepOptions")!, ...trial, ...members.get("LossOptions")!]);
  // A search does as well, and takes what keeps and ends it from the sweep; it has rates in place of one.
  members.set("SearchOptions", [
    ...members.get("SearchOptions")!,
    ...["about", "saveEvery", "maxMinutes", "signal"],
    ...[...trial, ...members.get("LossOptions")!].filter((name) => name !== "learningRate"),
  ]);
  // Single steps of a range test are those of a training.
  const ofSteps = [...trial, ...members.get("LossOptions")!];
  members.set("FindLearningRateOptions", [
    ...members.get("FindLearningRateOptions")!,
    ...ofSteps.filter((name) => Object.hasOwn(OPTIONS.findLearningRate, name)),
  ]);
  const ofFolds = ["ids", "saveModels", "out", "restart", "signal", "log", "seed", "saveEvery", "maxMinutes"];
  members.set("CrossValidateOptions", [...ofFolds, ...trial, ...members.get("LossOptions")!]);
  for (const [, type, table] of TYPES) {
    if (type === "LossOptions") continue;
    const bases = BASES[type] ?? [];
    const names = [type, ...bases].flatMap((each) => members.get(each)!);
    assert.deepEqual(names.sort(), Object.keys(table).sort(), type);
  }
});

test("Every table of options is documented by a type", () => {
  const documented = new Set(TYPES.map(([, , table]) => JSON.stringify(Object.keys(table).sort())));
  for (const [owner, table] of Object.entries(OPTIONS as Record<string, OptionTable>)) {
    const names = Object.keys(table).sort();
    // fromConfig takes LoadOptions without a revision, exportOnnx nothing.
    if (names.length === 0 || owner.endsWith("fromConfig")) continue;
    assert.ok(documented.has(JSON.stringify(names)), owner);
  }
});
