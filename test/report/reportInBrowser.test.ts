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

/** What a text, a label, a name of a model or a column may hold that would run where it is taken for more than a text. */
const HOSTILE = [
  `<script>window.ran = "script"</script>`,
  `</script><script>window.ran = "closed"</script>`,
  `<img src=x onerror="window.ran = 'handler'">`,
  `"><svg onload="window.ran = 'svg'">`,
  `<a href="javascript:window.ran = 'link'">a</a>`,
  `<base href="http://127.0.0.1:9/"><form action="http://127.0.0.1:9/"><button>`,
  "%{x}<br>\u202e\u001b[2J\u2028",
];

test("Whatever the texts of a sweep hold, they are texts on the page, in its figures and where the pointer rests", {
  skip,
}, async () => {
  opened ??= start();
  const { browser } = await opened;
  const place = mkdtempSync(join(folder, "hostile-"));
  const records = fakeRecords({ strategies: ["freeze", ...HOSTILE], depths: [-1, 0, 2] }).map((record) => ({
    ...record,
    about: { model: HOSTILE[0], train: HOSTILE[2], "</script>": HOSTILE[1], command: HOSTILE.join(" ") },
  }));
  const { html } = await writeReport(records as never, place, { title: HOSTILE.join(" ") });
  const context = await browser.newContext();
  const page = await context.newPage();
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("dialog", (dialog) => asked.push(dialog.message()));
  await page.goto(pathToFileURL(html).href);
  await page.waitForFunction(`document.querySelectorAll(".main-svg").length >= 6`);
  for (const point of await page.$$(".points path, .bars path"))
    await point.hover({ force: true, timeout: 500 }).catch(() => {});
  assert.equal(await page.evaluate("window.ran"), undefined);
  assert.equal(
    await page.evaluate(`document.querySelectorAll("form, base, img[src=x], a[href^=javascript]").length`),
    0,
  );
  assert.deepEqual(
    asked.filter((url) => !/^(file|data|blob):/.test(url)),
    [],
  );
  // Where a text did get through, the page's policy would still run nothing of it.
  await page.evaluate(`document.body.insertAdjacentHTML("beforeend", ${JSON.stringify(HOSTILE.join(""))})`);
  await page.evaluate(
    `document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 'inline'" }))`,
  );
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate("window.ran"), undefined);
  await context.close();
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
