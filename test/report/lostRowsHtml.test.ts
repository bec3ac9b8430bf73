import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { lostRowsHtml } from "../../src/report/lostRowsHtml";
import { reportHtml } from "../../src/report/reportHtml";
import type { TrialRecord } from "../../src/sweep/record";
import { summarize } from "../../src/sweep/summarize";
import { fakeRecord } from "../sweep/fakeRecord";
import { pairedRecord, pairedSweep, rightWrong } from "../sweep/pairedRecords";

describe("The rows that each depth loses, on the page", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "frostkit-rows-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const html = (records: TrialRecord[]) => lostRowsHtml(records, summarize(records));

  it("are a table for each depth, to unfold, with what both depths say", () => {
    const page = html(pairedSweep(folder, { 0: ["++++"], 1: ["++-+"], 2: ["----"] }));
    assert.match(
      page,
      /^<h2>Rows that each depth loses<\/h2>\n<details>\n<summary>N = 1 loses 1 row that N = 0 gets right<\/summary>/,
    );
    assert.match(page, /<th>Row<\/th><th>Label<\/th><th>N = 0<\/th><th>N = 1<\/th>/);
    assert.match(page, /<tr><td>3<\/td><td>a<\/td><td>a \(0\.75\)<\/td><td>b \(0\.75\)<\/td><\/tr>/);
    assert.match(page, /<summary>N = 2 loses 4 rows that N = 0 gets right<\/summary>/);
  });

  it("hold texts of anyone's, which do nothing there, and no more than the ten worst of a depth", () => {
    const evil = "</td><script>alert(1)</script>\u0000";
    const texts = [..."+".repeat(30)].map((_, row) => (row === 0 ? evil : `text ${row}`));
    const records = ["+".repeat(30), "-".repeat(30)].map((text, n) =>
      pairedRecord(folder, { ...rightWrong(text), texts }, { n }),
    );
    for (const page of [html(records), reportHtml(records, [], { title: "t" })]) {
      assert.match(page, /N = 1 loses 30 rows that N = 0 gets right; the worst 10</);
      assert.ok(!page.includes("<script>alert"));
      assert.match(page, /&lt;\/td(&gt;|>)&lt;script(&gt;|>)alert/);
      assert.equal(page.match(/<td>text \d<\/td>/g)!.length, 9);
      assert.ok(page.includes("text 9") && !page.includes("text 10"));
    }
  });

  it("are left out where nothing is lost or nothing known", () => {
    assert.equal(html([fakeRecord({ n: 0 }), fakeRecord({ n: 1 })]), "");
    assert.equal(html(pairedSweep(folder, { 0: ["++"], 1: ["++"] })), "");
  });
});
