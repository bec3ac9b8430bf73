// The report as a browser lays it out: on a narrow screen and a dark one.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { writeReport } from "../../src/report/writeReport";
import { CHROMIUM, noBrowser } from "../notebooks/JupyterLab";
import { fakeRecords } from "./fakeRecords";

const skip = noBrowser;
const folder = mkdtempSync(join(tmpdir(), "report-"));
let opened: Promise<{ browser: Browser; url: string }> | undefined;

/** One browser for all tests, and the page they look at. */
async function start() {
  const records = fakeRecords({ strategies: ["freeze", "lora"], depths: [-1, 0, 2, 4, 6] });
  const { html } = await writeReport(records, folder, { title: "Freeze sweep: runs/train" });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  return { browser, url: pathToFileURL(html).href };
}
after(async () => {
  await (await opened)?.browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(width: number, colorScheme: "light" | "dark", javaScriptEnabled = true) {
  opened ??= start();
  const { browser, url } = await opened;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    javaScriptEnabled,
  });
  const page = await context.newPage();
  await page.goto(url);
  if (javaScriptEnabled) await page.waitForFunction(`document.querySelectorAll(".main-svg").length >= 8`);
  return page;
}

for (const width of [400, 1000])
  for (const scripts of [true, false])
    test(`At ${width} px nothing but tables scrolls sideways, ${scripts ? "with" : "without"} scripts`, {
      skip,
    }, async () => {
      const page = await open(width, "light", scripts);
      const wide = await page.evaluate<number[]>(
        `[document.documentElement, ...document.querySelectorAll("figure")].map((each) => each.scrollWidth)`,
      );
      assert.equal(wide.length, 5);
      for (const found of wide) assert.ok(found <= width, `${found} px`);
      await page.context().close();
    });

test("On a dark screen text is light on dark, and so are the figures", { skip }, async () => {
  const page = await open(400, "dark");
  const colours = await page.evaluate(`(() => {
    const { color, backgroundColor } = getComputedStyle(document.body);
    return { color, backgroundColor, filter: getComputedStyle(document.querySelector("figure > div")).filter };
  })()`);
  assert.deepEqual(colours, {
    color: "rgb(228, 228, 228)",
    backgroundColor: "rgb(18, 18, 18)",
    filter: "invert(0.93) hue-rotate(180deg)",
  });
  await page.context().close();
});

test("The trials can be downloaded from the page", { skip }, async () => {
  const page = await open(1000, "light");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.click("a[download='trials.csv']"),
  ]);
  assert.equal(download.suggestedFilename(), "trials.csv");
  await page.context().close();
});
