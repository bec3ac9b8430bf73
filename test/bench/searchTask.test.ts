import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { csvText } from "../../src/data/csvText";
import { readRecords } from "../../src/sweep/record";
import { onEveryFastEngine } from "../onEveryEngine";
import type { SearchTask, Task } from "./contest";
import { randomCheckpoint } from "./randomCheckpoint";
import { searchTask } from "./searchTask";

onEveryFastEngine("The bench's search", () => {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-search-task-"));
    randomCheckpoint(join(folder, "model"), join(__dirname, "../fixtures/mini-bert-en"), {
      layers: 2,
      hidden: 64,
    });
    const rows = Array.from({ length: 40 }, (_, row) => [
      `${row % 2 ? "one" : "two"} and ${row}`,
      row % 2 ? "odd" : "even",
    ]);
    writeFileSync(join(folder, "rows.csv"), csvText([["text", "target"], ...rows]));
  });
  after(() => rmSync(folder, { recursive: true }));

  const task = (name: string, given: Partial<SearchTask> = {}): Task => ({
    kind: "search",
    model: join(folder, "model"),
    train: join(folder, "rows.csv"),
    text: "text",
    label: "target",
    ...{ epochs: 1, batchSize: 8, learningRate: 1e-3, maxLength: 16 },
    search: {
      rows: 16,
      validRows: 10,
      split: 0,
      seeds: [0],
      folder: join(folder, name),
      policy: "a",
      ...given,
    },
  });
  const trials = (...path: string[]) => readRecords(join(folder, ...path, "records.jsonl")).length;

  it("is judged by the whole grid on the rows of the case, and neither is done again", async () => {
    const { search, rows } = await searchTask(task("case"));
    assert.deepEqual(rows, [16, 10]);
    assert.equal(trials("case", "grid"), 4 * 3);
    assert.equal(trials("case", "search-a", "none"), 1);
    assert.ok(search!.time.none > 0 && search!.time.grid < search!.time.sweep);
    const file = join(folder, "case", "search-a", "searched.json");
    const first = readFileSync(file, "utf8");
    assert.deepEqual((await searchTask(task("case"))).search, search);
    assert.equal(readFileSync(file, "utf8"), first);
  });

  it("runs again by other code, beside the same grid", async () => {
    await searchTask(task("case", { policy: "b" }));
    assert.ok(existsSync(join(folder, "case", "search-b", "searched.json")));
    assert.equal(trials("case", "grid"), 4 * 3);
  });

  it("is timed beside a sweep of one rate where nothing judges it", async () => {
    const { seconds, search } = await searchTask(task("deep", { timeOnly: true }));
    assert.equal(search, undefined);
    assert.equal(seconds?.length, 2);
    assert.ok(seconds.every((each) => each > 0));
    assert.equal(trials("deep", "sweep"), 4);
  });
});
