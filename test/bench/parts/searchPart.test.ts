import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Task } from "../contest";
import { fakeCase, WRONG } from "../fakeVerdict";
import type { Bench } from "../Part";
import { DEEP_NAME, searchPart } from "./searchPart";

const deep = { kit: [{ seconds: [3, 10] }], peer: [] };

/** A bench that does nothing, and says what it was asked for. */
function bench(t: TestContext, given: Partial<Bench["search"]> = {}, asked: Task[] = []): Bench {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-searches-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return {
    table: { train: "data/some-intents/train.csv", text: "text", label: "target", rows: Infinity },
    search: { sizes: [300], splits: [0], validRows: 600, seeds: 3, folder, ...given },
    folder,
    encoder: "the encoder",
    mini: "",
    checkpoint: ({ layers, hidden }) => `${layers} x ${hidden}`,
    contest: async (name, taskOf, options) => {
      assert.deepEqual(options, { sides: ["kit"], rounds: 1 });
      asked.push(taskOf(0));
      return name === DEEP_NAME ? deep : fakeCase();
    },
  };
}

test("Searches are held to the bars of time, agreement and regret; processor time judges nothing.", () => {
  const measured = { a: fakeCase(), b: fakeCase(), c: fakeCase(WRONG), [DEEP_NAME]: deep };
  assert.deepEqual(
    searchPart.rows(measured).map(({ what, kit, target, met }) => [what, kit.median, target, met]),
    [
      ["a search's time over that of a fine-tuning with nothing frozen", 0.5, { kitAtMost: 0.6 }, true],
      ["the longest search over a fine-tuning with nothing frozen", 1.5, { kitAtMost: 1 }, false],
      ["a search's processor time over that of a fine-tuning with nothing frozen", 0.4, null, null],
      ["a search's time over that of the sweep of one rate and seed", 0.125, null, null],
      ["the longest search over the sweep of one rate and seed", 0.25, { kitAtMost: 0.3 }, true],
      ["a search's time over that of the grid of three rates and one seed", 0.0625, null, null],
      ["the longest search over the grid of three rates and one seed", 0.125, { kitAtMost: 0.1 }, false],
      ["share of 3 searches that agree with the grid", 2 / 3, { kitAtLeast: 0.9 }, false],
      ["largest regret of a search, standard errors", 2, { kitAtMost: 1 }, false],
      [`a search's time over that of its sweep, ${DEEP_NAME}`, 0.3, { kitAtMost: 0.2 }, false],
    ],
  );
  assert.deepEqual(searchPart.rows({}), []);
});

test("Each size is tried in each split with as many seeds, and the 12 blocks once, for their time alone.", async (t) => {
  const asked: Task[] = [];
  const given = bench(t, { sizes: [300, 1000], splits: [0, 2] }, asked);
  const measured = await searchPart.measure(given);
  assert.deepEqual(
    asked.map(({ model, search }) => [model, search!.rows, search!.split, search!.seeds, search!.timeOnly]),
    [
      ["the encoder", 300, 0, [0, 1, 2], undefined],
      ["the encoder", 300, 2, [0, 1, 2], undefined],
      ["the encoder", 1000, 0, [0, 1, 2], undefined],
      ["the encoder", 1000, 2, [0, 1, 2], undefined],
      ["12 x 128", 300, 0, [0], true],
    ],
  );
  assert.equal(new Set(asked.map(({ search }) => search!.folder)).size, 5);
  assert.deepEqual(Object.keys(measured), [
    DEEP_NAME,
    "some-intents/train.csv, 300 + 600 rows, split 0",
    "some-intents/train.csv, 300 + 600 rows, split 2",
    "some-intents/train.csv, 1000 + 600 rows, split 0",
    "some-intents/train.csv, 1000 + 600 rows, split 2",
  ]);
});

test("Cases that the folder has of other tables are in the results too, but not those of other code.", async (t) => {
  const first = bench(t, { splits: [0] });
  await searchPart.measure(first);
  const { folder } = first.search;
  const asked: Task[] = [];
  const second = bench(t, { folder }, asked);
  const table = { ...second.table, train: "data/tweets/train.csv" };
  mkdirSync(join(folder, "other"));
  const stale = { name: "of other code", rounds: fakeCase() };
  writeFileSync(join(folder, "other", "judged-00000000.json"), JSON.stringify(stale));
  const names = Object.keys(await searchPart.measure({ ...second, table }));
  assert.deepEqual(names, [
    DEEP_NAME,
    "some-intents/train.csv, 300 + 600 rows, split 0",
    "tweets/train.csv, 300 + 600 rows, split 0",
  ]);
  assert.equal(readdirSync(folder).length, 4);
  // The 12 blocks are there already.
  assert.deepEqual(
    asked.map(({ search }) => search!.timeOnly),
    [undefined],
  );
});
