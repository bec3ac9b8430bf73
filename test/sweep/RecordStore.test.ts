import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeSynced } from "../../src/files/writeFolder";
import { RecordStore } from "../../src/sweep/RecordStore";
import { readPredictions } from "../../src/sweep/readPredictions";
import { readRecords } from "../../src/sweep/record";
import { recordFolders } from "../../src/sweep/recordFolders";
import { writePredictions } from "../../src/sweep/writePredictions";
import { fakePredictions } from "./fakePredictions";
import { fakeRecord } from "./fakeRecord";

/** Runs something in a file system of 64 KB, where one can be made, and takes it away. */
function onSmallDisk(t: { skip(reason: string): void }, run: (disk: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-disk-"));
  const disk = join(folder, "disk");
  mkdirSync(disk);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]).status === 0;
  try {
    if (mounted) run(disk);
    else t.skip("a small file system can be mounted by root on Linux alone");
  } finally {
    if (mounted) spawnSync("umount", [disk]);
    rmSync(folder, { recursive: true });
  }
}

test("On a full disk a record is written whole or an error tells; those before it are read", (t) => {
  onSmallDisk(t, (disk) => {
    const store = new RecordStore(disk);
    let written = 0;
    assert.throws(() => {
      for (; written < 1000; written++) store.append(fakeRecord({ seed: written }));
    }, /ENOSPC/);
    assert.ok(written > 0);
    // The start of the record that did not fit is no record.
    const seeds = readQuietly(store).map(({ seed }) => seed);
    assert.deepEqual(
      seeds,
      Array.from({ length: written }, (_, i) => i),
    );
  });
});

test("Where predictions do not fit on the disk the record is written all the same, without them, and a line says so", (t) => {
  onSmallDisk(t, (disk) => {
    const store = new RecordStore(disk);
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const fits = store.append(fakeRecord({ validRows: 60 }), fakePredictions(), log);
    assert.match(fits.predictions!, /^predictions\/freeze_n=0_seed=0-\w{16}\.safetensors$/);
    const without = store.append(fakeRecord({ seed: 1 }), fakePredictions({ rows: 10_000 }), log);
    assert.equal(without.predictions, undefined);
    assert.deepEqual(readQuietly(store), [fits, without]);
    assert.deepEqual(lines, [
      `${disk}/predictions: what the rows of freeze n=0 seed=1 got could not be written (ENOSPC); its record goes without, so depths are not compared row by row`,
    ]);
    assert.equal(readdirSync(join(disk, "predictions")).length, 1);
  });
});

test("A user's own file called predictions stays as it is, and records go without", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  writeFileSync(join(folder, "predictions"), "mine");
  const lines: string[] = [];
  const store = new RecordStore(folder);
  store.append(fakeRecord(), fakePredictions(), (line) => lines.push(line));
  assert.match(
    lines[0],
    /predictions: what the rows of freeze n=0 seed=0 got could not be written \(ENOTDIR\); /,
  );
  assert.equal(readFileSync(join(folder, "predictions"), "utf8"), "mine");
  assert.deepEqual(store.read(), [fakeRecord()]);
  rmSync(folder, { recursive: true });
});

test("Predictions are on the disk before the record that names them, and outlive records that are set aside", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  const store = new RecordStore(folder);
  const first = store.append(fakeRecord({ validRows: 60 }), fakePredictions());
  store.setAside();
  const second = store.append(fakeRecord({ validRows: 60 }), fakePredictions({ seed: 1 }));
  assert.notEqual(first.predictions, second.predictions);
  for (const [name, seed] of [
    ["records-1.jsonl", 0],
    ["records.jsonl", 1],
  ] as const) {
    const [record] = readRecords(join(folder, name));
    assert.deepEqual(readPredictions(recordFolders.get(record)!, record), fakePredictions({ seed }));
  }
  rmSync(folder, { recursive: true });
});

test("A file that does not fit on the disk is an error, however much of it was written", (t) => {
  onSmallDisk(t, (disk) => {
    assert.throws(() => writeSynced(join(disk, "weights"), new Uint8Array(100_000)), /ENOSPC/);
  });
});

test("Processes that add records at once behind a line that broke off lose none of them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-records-"));
  try {
    const store = new RecordStore(folder);
    store.append(fakeRecord({ seed: 1000 }));
    appendFileSync(store.path, '{"trial":"freeze n=0 se');
    await Promise.all(
      [0, 1, 2, 3].map((nth) => {
        const child = spawn(process.execPath, [
          "--import",
          "tsx",
          join(__dirname, "appendChild.ts"),
          folder,
          String(nth),
        ]);
        return new Promise((resolve) => child.on("close", resolve));
      }),
    );
    const seeds = store.read().map(({ seed }) => seed);
    assert.deepEqual(
      seeds.sort((a, b) => a - b),
      [...Array.from({ length: 40 }, (_, i) => i), 1000],
    );
    assert.deepEqual(readdirSync(folder), ["records.jsonl"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("A record of which a kill left all but its line break is kept when the next one is added", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  const store = new RecordStore(folder);
  writeFileSync(store.path, JSON.stringify(fakeRecord({ seed: 1 })));
  assert.deepEqual(
    store.read().map(({ seed }) => seed),
    [1],
  );
  store.append(fakeRecord({ seed: 2 }));
  assert.deepEqual(
    store.read().map(({ seed }) => seed),
    [1, 2],
  );
  rmSync(folder, { recursive: true });
});

test("Nothing is cut off a file that is not the kit's, and nothing is added to it", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  const path = join(folder, "records.jsonl");
  const store = new RecordStore(folder);
  for (const mine of ["my notes", '{"text":"a"}', '{"text":"a"}\n{"text":"b"']) {
    writeFileSync(path, mine);
    assert.throws(() => new RecordStore(folder), { name: "InputError", message: /, line 1: / });
    store.append(fakeRecord());
    assert.ok(readFileSync(path, "utf8").startsWith(mine), mine);
  }
  writeFileSync(path, `${JSON.stringify(fakeRecord())}\n{"trial":"fre`);
  new RecordStore(folder).append(fakeRecord({ seed: 1 }));
  assert.deepEqual(
    new RecordStore(folder).read().map(({ seed }) => seed),
    [0, 1],
  );
  rmSync(folder, { recursive: true });
});

test("A line of which a crash of the machine has lost the beginning, or all, is cut off, and no record before it", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  const whole = `${JSON.stringify(fakeRecord())}\n`;
  const next = `${JSON.stringify(fakeRecord({ seed: 1 }))}\n`;
  for (const left of [
    "\0".repeat(300),
    `${"\0".repeat(40)}${next.slice(40)}`,
    `${next.slice(0, 50)}${"\0".repeat(9)}`,
  ]) {
    writeFileSync(join(folder, "records.jsonl"), `${whole}${left}`);
    const store = new RecordStore(folder);
    assert.deepEqual(readQuietly(store), [fakeRecord()]);
    store.append(fakeRecord({ seed: 2 }));
    assert.deepEqual(store.read(), [fakeRecord(), fakeRecord({ seed: 2 })]);
  }
  writeFileSync(join(folder, "records.jsonl"), `${"\0".repeat(40)}\n${whole}`);
  assert.throws(() => new RecordStore(folder), /, line 1: /);
  rmSync(folder, { recursive: true });
});

test("What a killed process left that was adding a record is gone when the folder is used again", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  new RecordStore(folder).append(fakeRecord());
  mkdirSync(join(folder, ".frostkit-append"));
  assert.deepEqual(new RecordStore(folder).read(), [fakeRecord()]);
  assert.deepEqual(readdirSync(folder), ["records.jsonl"]);
  rmSync(folder, { recursive: true });
});

test("Predictions of a trial that was killed before its record was written go with its next one, and no others", () => {
  const folder = mkdtempSync(join(tmpdir(), "frostkit-store-"));
  const store = new RecordStore(folder);
  const trial = (seed: number) => fakeRecord({ seed, validRows: 60 });
  const aside = store.append(trial(0), fakePredictions()).predictions!;
  store.setAside();
  const other = store.append(trial(1), fakePredictions({ seed: 1 })).predictions!;
  // As an engine that computes otherwise leaves them.
  const left = writePredictions(folder, trial(0).trial, fakePredictions({ seed: 2 }));
  const longer = writePredictions(folder, `${trial(0).trial}-more`, fakePredictions({ seed: 2 }));
  writeFileSync(join(folder, "predictions/notes.txt"), "mine");
  const kept = store.append(trial(0), fakePredictions({ seed: 3 })).predictions!;
  const names = readdirSync(join(folder, "predictions")).map((name) => `predictions/${name}`);
  assert.deepEqual(names.sort(), [aside, other, longer, kept, "predictions/notes.txt"].sort());
  assert.ok(!names.includes(left));
  rmSync(folder, { recursive: true });
});

function readQuietly(store: RecordStore) {
  const { warn } = console;
  console.warn = () => {};
  try {
    return store.read();
  } finally {
    console.warn = warn;
  }
}
