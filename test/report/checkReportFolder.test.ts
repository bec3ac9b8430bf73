import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, test } from "node:test";
import { checkReportFolder } from "../../src/report/checkReportFolder";
import { writeReport } from "../../src/report/writeReport";
import { fakeRecords } from "./fakeRecords";

const root = mkdtempSync(join(tmpdir(), "frostkit-report-"));
after(() => rmSync(root, { recursive: true }));

test("A report is written again over its own files, and over each of them only where its page is there", async () => {
  const records = fakeRecords({ depths: [0, 1] });
  const folder = join(root, "report");
  const { html, files } = await writeReport(records, folder);
  await writeReport(records, folder);
  const names = [html, ...files].map((file) => basename(file));
  assert.deepEqual(readdirSync(folder).sort(), [...names].sort());
  for (const name of names) {
    const other = join(root, `other-${name}`);
    mkdirSync(other);
    writeFileSync(join(other, name), "mine");
    writeFileSync(join(other, "train.csv"), "mine");
    const refused = {
      name: "InputError",
      message: `${other}: holds ${name} of no report of the kit, which a report would replace: name a new folder or move that away`,
    };
    assert.throws(() => checkReportFolder(other), refused);
    await assert.rejects(writeReport(records, other), refused);
    assert.equal(readFileSync(join(other, name), "utf8"), "mine");
    assert.equal(readdirSync(other).length, 2);
  }
});

test("Several files in the way are named, behind the option that names their folder", () => {
  const folder = join(root, "several");
  mkdirSync(folder);
  for (const name of ["trials.csv", "trials.json", "accuracy.png", "epochs.svg", "memory.svg", "seconds.png"])
    writeFileSync(join(folder, name), "");
  assert.throws(() => checkReportFolder(folder, "--out"), {
    message: `--out: ${folder} holds accuracy.png, seconds.png, memory.svg and 3 more of no report of the kit, which a report would replace: name a new folder or move that away`,
  });
  checkReportFolder(join(root, "none"));
  mkdirSync(join(root, "page", "report.html"), { recursive: true });
  assert.throws(() => checkReportFolder(join(root, "page")), {
    message: /report\.html: expected a file to write, got the folder/,
  });
});
