import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { InputError } from "../../src/errors";
import { addBrowserParts } from "../../src/report/plotlyWindow";
import { writeReport } from "../../src/report/writeReport";
import { atRate } from "../sweep/atRate";
import { fakeEpoch, fakeRecord } from "../sweep/fakeRecord";
import { CURVES } from "../sweep/lossCurves";
import { waitUntil } from "../waitUntil";
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

test("The page and, beside it, every figure as SVG and PNG and the trials are written, and their paths returned.", async () => {
  const pictures = ["accuracy", "seconds", "memory", "epochs"].flatMap((name) => [
    `${name}.svg`,
    `${name}.png`,
  ]);
  const names = [...pictures, "trials.csv", "trials.json"];
  assert.deepEqual(
    written.files.map((file) => basename(file)),
    names,
  );
  assert.deepEqual(readdirSync(join(folder, "new", "folder")).sort(), [...names, "report.html"].sort());
  for (const file of written.files.slice(0, pictures.length)) {
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
  const references = [...document.querySelectorAll("[src], [srcset], [data], [action], [poster]")];
  assert.equal(references.length, 4);
  for (const { href, download } of document.querySelectorAll("[href]")) {
    assert.match(href, /^data:(text\/csv|application\/json);charset=utf-8;base64,/);
    assert.match(download, /^trials\.(csv|json)$/);
  }
  for (const element of references) {
    assert.equal(element.tagName, "IMG");
    assert.match(element.src, /^data:image\/svg\+xml;base64,/);
  }
  assert.equal(document.querySelectorAll("link, iframe, object, embed, base").length, 0);
  for (const style of document.querySelectorAll("style"))
    assert.doesNotMatch(style.textContent, /url\(|@import/);
  const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]").content;
  const hashes = Array.from(
    document.querySelectorAll("script"),
    ({ textContent }) => `'sha256-${createHash("sha256").update(textContent).digest("base64")}'`,
  );
  assert.equal(
    policy,
    `default-src 'none'; script-src ${hashes.join(" ")}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'`,
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
  const rows = [...document.querySelector(".table").querySelectorAll("tr")].map((row) =>
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
    await waitUntil(() => document.querySelectorAll("figure .js-plotly-plot .main-svg").length >= 4);
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
    "Engineonnxruntime (no TensorFlow found)",
    "Seeds0, 1, 2",
    "Training rows1,600",
    "SHA-256model 3f1c9a, rows b82e07",
  ])
    assert.ok(facts.includes(fact), `${fact} is not among ${facts.join(" | ")}`);
});

test("The page and the files hold every metric, with the same numbers.", async () => {
  const records = fakeRecords({ depths: [0, 3], seeds: [0, 1] });
  const { html, files } = await writeReport(records, join(folder, "metrics"));
  const { document } = new JSDOM(readFileSync(html, "utf8")).window;
  const [, table] = document.querySelectorAll(".table");
  const rows = [...table.querySelectorAll("tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  assert.deepEqual(rows[0], ["", "training loss", "validation loss", "accuracy", "f1", "rmse"]);
  const f1 = records.slice(0, 2).map(({ epochs }) => epochs.at(-1)!.metrics.f1);
  assert.equal(rows[1][0], "N = 0");
  assert.equal(rows[1][4].split(" ± ")[0], ((f1[0] + f1[1]) / 2).toFixed(4));
  const texts = files.slice(-2).map((file) => readFileSync(file, "utf8"));
  const linked = Array.from(document.querySelectorAll("a[download]"), (link) =>
    Buffer.from((link as { href: string }).href.split(",")[1], "base64").toString(),
  );
  assert.deepEqual(linked, texts);
  assert.deepEqual(JSON.parse(texts[1]), records);
  const [head, first] = texts[0].split("\n").map((line) => line.split(","));
  assert.equal(Number(first[head.indexOf("f1")]), f1[0]);
  // These records do not say at which rate they were trained.
  assert.deepEqual(first.slice(0, 5), ["freeze n=0 seed=0", "freeze", "0", "0", ""]);
  assert.equal(head[4], "learning_rate");
  assert.equal(texts[0].trimEnd().split("\n").length, 5);
});

test("The facts name model, files, lengths, options and command where the records know them.", async () => {
  const about = {
    model: "data/all-MiniLM-L6-v2",
    maxLength: 48,
    longestRow: 48,
    truncatedRows: 7,
    options: { learningRate: 7e-4, batchSize: 32, weightDecay: 0.01, gradientCheckpointing: false },
    train: "train.csv",
    command: "frostkit sweep --train train.csv",
    place: "at home",
  };
  const recipe = { recipe: "lora", rank: 4 };
  const records = [fakeRecord({ n: 0, about }), fakeRecord({ n: -1, strategy: "lora", recipe, about })];
  const page = new JSDOM(readFileSync((await writeReport(records, folder)).html, "utf8")).window.document;
  const facts = Object.fromEntries(
    Array.from(page.querySelectorAll(".facts tr"), (row) => {
      const [name, value] = (row as { children: { textContent: string }[] }).children;
      return [name.textContent, value.textContent];
    }),
  );
  assert.deepEqual(
    [
      facts.Model,
      facts["Training rows"],
      facts["Learning rate"],
      facts["Batch size"],
      facts.Command,
      facts.place,
    ],
    [
      "data/all-MiniLM-L6-v2",
      "1,600, of train.csv",
      "0.0007",
      "32",
      "frostkit sweep --train train.csv",
      "at home",
    ],
  );
  assert.equal(facts.Lengths, "at most 48 tokens; the longest row has 48; 7 training rows were cut");
  assert.equal(facts.Recipes, '{"recipe":"lora","rank":4}');
  assert.match(facts["Other options"], /gradientCheckpointing false/);
});

test("Control characters, halves of letters and what ends a script in a name cost neither the page nor the pictures.", async () => {
  const strategy = "\u0000\u001b[31mred\u0007\u2028</script>\ud800\ufffe\u0085";
  const records = [
    ...fakeRecords({ depths: [-1, 0, 3] }),
    ...fakeRecords({ depths: [0], strategies: [strategy] }),
  ];
  const { html, files } = await writeReport(records, join(folder, "control"), { title: strategy });
  const page = readFileSync(html, "utf8");
  const { document } = new JSDOM(page).window;
  const [plotly, own] = Array.from(document.querySelectorAll("script"), (script) =>
    String((script as { textContent: string }).textContent),
  );
  assert.doesNotMatch(page.replace(plotly, ""), /(?![\t\n\r])\p{Cc}/u);
  assert.doesNotMatch(own, /\u2028/);
  assert.equal(document.title, "␀␛[31mred␇\u2028</script>\ufffd\ufffd\ufffd");
  assert.equal(document.querySelectorAll("script").length, 2);
  for (const file of files.slice(0, 8)) assert.ok((await sharp(file).metadata()).width! > 0, file);
  assert.equal(
    JSON.parse(readFileSync(files[9], "utf8")).at(-1).strategy,
    strategy,
    "the data stay as they are",
  );
});

test("A page that cannot be made leaves the earlier one and its files as they were.", async () => {
  const place = join(folder, "kept");
  const { html, files } = await writeReport(fakeRecords({ depths: [0, 3] }), place);
  const before = [html, ...files].map((file) => readFileSync(file));
  await assert.rejects(writeReport(fakeRecords({ depths: [0, 3] }), place, { metric: "bleu" }), /bleu/);
  assert.deepEqual(
    [html, ...files].map((file) => readFileSync(file)),
    before,
  );
  assert.equal(readdirSync(place).length, files.length + 1, "nothing half-written is left");
});

test("A frozen pass that was read from disk has a star, which the page explains.", async () => {
  const records = [fakeRecord({ n: 0 }), fakeRecord({ n: 1, frozenFrom: "cache", frozenSeconds: 0.04 })];
  const page = readFileSync((await writeReport(records, folder)).html, "utf8");
  assert.match(page, /<td>0\.04\*<\/td>/);
  assert.match(page, /<p>\* read from disk, where an earlier run had left [^<]*\.<\/p>/);
  assert.doesNotMatch(html, /read from disk, where/);
});

test("The page has each depth's best rate, every metric at each rate, and says which depths are undertrained.", async () => {
  const trial = (n: number, rate: number, accuracy: number, curve: keyof typeof CURVES) =>
    atRate(rate, { n, accuracy, lossCurve: CURVES[curve] });
  const { html } = await writeReport(
    [
      ...[trial(-1, 5e-5, 0.9, "learnt"), trial(-1, 1e-3, 0.8, "diverged")],
      ...[trial(5, 5e-5, 0.6, "hardlyFallen"), trial(5, 1e-3, 0.7, "stillFalling")],
    ],
    join(folder, "rates"),
  );
  const { document } = new JSDOM(readFileSync(html, "utf8")).window;
  const [summary, metrics] = [...document.querySelectorAll(".table")].map((table) =>
    [...table.querySelectorAll("tr")].map((row) => [...row.children].map((cell) => cell.textContent)),
  );
  assert.deepEqual(
    summary.map((cells) => [...cells.slice(0, 2), cells.at(-1)]),
    [
      ["N", "Learning rate", ""],
      ["none", "5e-5", ""],
      ["5", "1e-3", "undertrained"],
    ],
  );
  assert.deepEqual(
    metrics.slice(1).map(([title]) => title),
    ["none", "5"].flatMap((n) => ["5e-5", "1e-3"].map((rate) => `N = ${n} at rate ${rate}`)),
  );
  const words = [...document.querySelectorAll("p")].map(({ textContent }) => textContent);
  assert.match(
    words[0],
    / N = 5 at rate 1e-3: undertrained at the highest rate tried, so a deeper freeze may/,
  );
  assert.ok(words.some((text) => text.startsWith("Undertrained: at this rate, the highest it was tried at")));
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

test("A report that a kill broke off after its first file is written again: that is the page, by which the rest is known", async (t) => {
  const place = join(folder, "broken off");
  const { renameSync } = fs;
  let files = 0;
  t.mock.method(fs, "renameSync", (from: string, to: string) => {
    if (files++ > 0) throw new Error("killed");
    renameSync(from, to);
  });
  const records = fakeRecords({ depths: [0, 3] });
  await assert.rejects(writeReport(records, place), /killed/);
  t.mock.restoreAll();
  assert.deepEqual(readdirSync(place), ["report.html"]);
  const { files: rest } = await writeReport(records, place);
  assert.equal(readdirSync(place).length, rest.length + 1);
});
