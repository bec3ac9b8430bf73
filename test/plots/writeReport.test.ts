import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { InputError } from "../../src/errors";
import { addBrowserParts } from "../../src/plots/plotlyWindow";
import { writeReport } from "../../src/plots/writeReport";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { fakeRecords } from "./fakeRecords";

const { JSDOM, VirtualConsole } = require("jsdom");
const hostile = `</script><img src="x" onerror="window.harmed = true"> & 'co'`;
const folder = mkdtempSync(join(tmpdir(), "report-"));
after(() => rmSync(folder, { recursive: true }));

let written: Awaited<ReturnType<typeof writeReport>>;
let html: string;
// Parsed once, as Plotly's five megabytes take a while.
// biome-ignore lint/suspicious/noExplicitAny: jsdom has no types
let document: any;
before(async () => {
  const records = fakeRecords({ depths: [-1, 0, 3], strategies: ["freeze", hostile] });
  written = await writeReport(records, join(folder, "new", "folder"), { title: hostile });
  html = readFileSync(written.html, "utf8");
  document = new JSDOM(html).window.document;
});

test("The page and, beside it, every figure as SVG and PNG are written, and their paths returned.", async () => {
  const names = ["accuracy", "seconds", "memory", "epochs"].flatMap((name) => [`${name}.svg`, `${name}.png`]);
  assert.deepEqual(
    written.files.map((file) => basename(file)),
    names,
  );
  assert.deepEqual(readdirSync(join(folder, "new", "folder")).sort(), [...names, "report.html"].sort());
  for (const file of written.files) {
    const { format, width } = await sharp(file).metadata();
    assert.deepEqual([format, width], file.endsWith("svg") ? ["svg", 700] : ["png", 1400]);
  }
});

test("The page says what the recommended depth saves, and has seconds and memory as shares of those with nothing frozen.", () => {
  const lead = [...document.querySelectorAll(".lead")].map(({ textContent }) => textContent);
  assert.equal(lead.length, 2);
  assert.match(lead[1], /^N = \d \w+ .* % of the accuracy .* of fine-tuning everything\./);
  const cells = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent);
  const shares = cells(".table th").flatMap((title, i) => (title === "of none" ? [i] : []));
  assert.equal(shares.length, 2);
  const [first] = document.querySelectorAll(".table tbody tr");
  for (const i of shares) assert.equal(first.children[i].textContent, "100 %");
});

test("The page loads nothing: all it refers to is inside it, and its policy forbids the rest.", () => {
  const references = [...document.querySelectorAll("[src], [href], [srcset], [data], [action], [poster]")];
  assert.equal(references.length, 4);
  for (const element of references) {
    assert.equal(element.tagName, "IMG");
    assert.match(element.src, /^data:image\/svg\+xml;base64,/);
  }
  assert.equal(document.querySelectorAll("link, iframe, object, embed, base").length, 0);
  for (const style of document.querySelectorAll("style"))
    assert.doesNotMatch(style.textContent, /url\(|@import/);
  const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]").content;
  assert.equal(
    policy,
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:",
  );
});

test("Plotly is inlined once, and no script ends before its end.", () => {
  const scripts = [...document.querySelectorAll("script")];
  assert.equal(scripts.length, 2);
  assert.match(scripts[0].textContent, /plotly\.js v\d/);
  assert.equal(html.split("window.Plotly = Plotly").length, 2);
  assert.match(scripts[1].textContent, /Plotly\.newPlot/);
  assert.equal(html.match(/<\/script>/g)!.length, 2);
});

test("Without scripts the page has the words, the table and the static pictures.", () => {
  assert.equal(document.title, hostile);
  assert.equal(document.querySelector("h1").textContent, hostile);
  assert.match(document.querySelector(".lead").textContent, /^N = \S+ \(.*\): .*accuracy/);
  const rows = [...document.querySelectorAll(".table tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent as string),
  );
  assert.deepEqual(rows[0].slice(0, 3), ["Strategy", "N", "Accuracy ± sd"]);
  assert.deepEqual(
    rows.slice(1).map(([strategy, n]) => [strategy, n]),
    [
      ["freeze", "none"],
      ["freeze", "0"],
      ["freeze", "3"],
      [hostile, "none"],
      [hostile, "0"],
      [hostile, "3"],
    ],
  );
  assert.equal(document.querySelectorAll("tr.recommended").length, 1);
  for (const [i, image] of [...document.querySelectorAll("figure img")].entries()) {
    const svg = Buffer.from(image.src.split(",")[1], "base64").toString();
    assert.equal(svg, readFileSync(written.files[2 * i], "utf8"));
    assert.ok(image.alt.length > 20);
  }
});

test("With scripts the figures come alive in the static pictures' place, and hostile names do nothing.", async () => {
  const errors: string[] = [];
  const virtualConsole = new VirtualConsole();
  virtualConsole.on("jsdomError", (error: Error) => errors.push(error.message));
  const { window } = new JSDOM(html, {
    runScripts: "dangerously",
    virtualConsole,
    beforeParse: addBrowserParts,
  });
  try {
    const { document } = window;
    for (let i = 0; i < 200 && document.querySelectorAll("figure .js-plotly-plot .main-svg").length < 4; i++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    assert.deepEqual(errors, []);
    assert.deepEqual(
      [...document.querySelectorAll(".js-plotly-plot")].map((plot) => plot.id),
      ["accuracy", "seconds", "memory", "epochs"],
    );
    assert.equal(document.querySelectorAll("figure img").length, 0);
    const legend = [...document.querySelectorAll("#accuracy .legendtext")].map((text) => text.textContent);
    assert.deepEqual(legend, ["freeze", hostile]);
    assert.equal(window.harmed, undefined);
    assert.equal(document.querySelector("[onerror]"), null);
    // Plotly's button that would send the chart to its makers' server is off.
    assert.ok(document.querySelectorAll(".modebar-btn").length > 0);
    assert.equal(
      document.querySelector('.modebar-btn[data-title*="loud"], .modebar-btn[data-title*="hare"]'),
      null,
    );
  } finally {
    window.close();
  }
});

test("The facts name what the trials ran on, every value once.", async () => {
  const facts = [...document.querySelectorAll(".facts tr")].map((row) => row.textContent);
  for (const fact of [
    "Enginewasm (no TensorFlow found)",
    "Seeds0, 1, 2",
    "Training rows1,600",
    "Data" + "b82e07",
  ])
    assert.ok(facts.includes(fact), `${fact} is not among ${facts.join(" | ")}`);
});

test("A frozen pass that was read from disk has a star, which the page explains.", async () => {
  const records = [fakeRecord({ n: 0 }), fakeRecord({ n: 1, frozenFrom: "cache", frozenSeconds: 0.04 })];
  const page = readFileSync((await writeReport(records, folder)).html, "utf8");
  assert.match(page, /<td>0\.04\*<\/td>/);
  assert.match(page, /<p>\* read from disk, where an earlier run had left [^<]*\.<\/p>/);
  assert.doesNotMatch(html, /read from disk, where/);
});

test("A regression is reported by its metric, which must be named.", async () => {
  const epochs = [fakeEpoch({ metrics: { rmse: 0.9 } })];
  const regression = [0, 1].map((n) => fakeRecord({ n, accuracy: null, epochs }));
  await assert.rejects(
    writeReport(regression, folder),
    /has no accuracy to judge by; name one it has: loss, rmse/,
  );
  const { html } = await writeReport(regression, folder, { metric: "rmse" });
  const page = readFileSync(html, "utf8");
  assert.match(page, /<th>RMSE ± sd<\/th>/);
  assert.match(page, /<title>Freeze sweep<\/title>/);
});

test("Without records nothing is written.", async () => {
  const empty = join(folder, "empty");
  await assert.rejects(writeReport([], empty), InputError);
  assert.throws(() => readdirSync(empty));
});
