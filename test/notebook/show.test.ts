import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { InputError } from "../../src/errors";
import { listParams, type NamedParameter } from "../../src/freeze";
import { show } from "../../src/notebook/show";
import { accuracyFigure } from "../../src/report/accuracyFigure";
import type { Figure } from "../../src/report/figure";
import { addBrowserParts } from "../../src/report/plotlyWindow";
import { formatSummary } from "../../src/sweep/formatSummary";
import { summarize } from "../../src/sweep/summarize";
import { fakeRecords } from "../report/fakeRecords";
import { fakeRecord } from "../sweep/fakeRecord";
import { waitUntil } from "../waitUntil";
import { fakeKernel } from "./fakeKernel";

const { JSDOM, VirtualConsole } = require("jsdom");

const records = fakeRecords({ depths: [0, 3, 6], seeds: [0, 1] });
const parameter: NamedParameter = { shape: [2, 3], requiresGrad: true };
const params = listParams({ namedParameters: () => [["classifier.weight", parameter]] });

function printed(t: TestContext): string[] {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  return lines;
}

/** A figure's HTML in a page that runs scripts. */
function open(html: string, before: (window: never) => void = () => {}) {
  const options = { runScripts: "dangerously", virtualConsole: new VirtualConsole() };
  return new JSDOM(`<body>${html}</body>`, { ...options, beforeParse: before }).window;
}

test("Outside a notebook the text is printed: a parameter table, a sweep's table, a figure's title", async (t) => {
  const lines = printed(t);
  await show(params);
  await show(records);
  await show(accuracyFigure(records));
  await show({ data: [], layout: {} });
  assert.deepEqual(lines, [
    params.toString(),
    formatSummary(summarize(records)),
    "Figure: Accuracy against frozen blocks",
    "Figure: without a title",
  ]);
});

test("Records are judged by accuracy, by rmse where there is none, or by what is named", async (t) => {
  const lines = printed(t);
  await show(records, { metric: "f1" });
  const epochs = [{ ...records[0].epochs[0], metrics: { rmse: 0.7 } }];
  await show([fakeRecord({ accuracy: null, epochs })]);
  assert.match(lines[0], /^N +f1 ± sd/);
  assert.match(lines[1], /^N +rmse/);
});

test("Rows are a table: texts escaped, numbers to four digits and on the right", async (t) => {
  const rows = [
    { row: 12, label: "0", probability: 0.98765, text: "<b>not</b> bad" },
    { row: 3, label: "1", probability: 0.5, text: "fine" },
  ];
  const lines = printed(t);
  await show(rows);
  assert.deepEqual(lines, [
    "row\tlabel\tprobability\ttext\n12\t0\t0.9877\t<b>not</b> bad\n3\t1\t0.5000\tfine",
  ]);
  const [{ data }] = await (async () => {
    const messages = fakeKernel(t);
    await show(rows);
    return messages;
  })();
  const { document } = open(data["text/html"] as string);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map((cell: { textContent: string }) => cell.textContent);
  assert.deepEqual(texts("th"), ["row", "label", "probability", "text"]);
  assert.deepEqual(texts("tr:first-child td"), ["12", "0", "0.9877", "<b>not</b> bad"]);
  assert.equal(document.querySelectorAll("b").length, 0);
  assert.equal(document.querySelector("td").style.textAlign, "right");
  assert.equal(data["text/plain"], lines[0]);
});

test("What is neither figure, parameters nor records is refused, and so are no records", async (t) => {
  const lines = printed(t);
  const refused = (what: unknown, message: RegExp) =>
    assert.rejects(
      show(what as never),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  await refused(
    3,
    /^show: expected a figure, what listParams returns, a sweep's records, or rows of texts and numbers, got 3$/,
  );
  await refused(null, /got null$/);
  await refused(["classifier.weight"], /got an array that begins with a string$/);
  await refused({ data: [] }, /got an object with the keys data$/);
  await refused([], /expected at least one, got none/);
  assert.deepEqual(lines, []);
});

test("In a notebook a figure goes out as one output in four forms", async (t) => {
  const messages = fakeKernel(t);
  await show(accuracyFigure(records));
  assert.equal(messages.length, 1);
  assert.equal(messages[0].update, false);
  const { data } = messages[0];
  assert.deepEqual(Object.keys(data).sort(), [
    "application/vnd.plotly.v1+json",
    "image/png",
    "text/html",
    "text/plain",
  ]);
  const plotly = data["application/vnd.plotly.v1+json"] as Figure & { config: Record<string, unknown> };
  assert.deepEqual({ data: plotly.data, layout: plotly.layout }, accuracyFigure(records));
  assert.equal(plotly.config.showSendToCloud, false);
  const png = Buffer.from(data["image/png"] as string, "base64");
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  assert.equal(data["text/plain"], "Figure: Accuracy against frozen blocks");
  assert.ok(JSON.stringify(data).length < 150_000, "a notebook stays small");
});

test("The HTML is the static picture, until Plotly is there and draws the figure in its place", async (t) => {
  const messages = fakeKernel(t);
  await show(accuracyFigure(records));
  const html = messages[0].data["text/html"] as string;

  const window = open(html);
  const place = window.document.querySelector("div");
  const script = window.document.head.querySelector("script");
  assert.match(place.querySelector("img").src, /^data:image\/svg\+xml;base64,/);
  assert.equal(place.querySelector("img").alt, "Accuracy against frozen blocks");

  const drawn: unknown[][] = [];
  window.Plotly = { newPlot: (...call: unknown[]) => drawn.push(call) };
  script.onload();
  await window.frostkitPlotly;
  assert.equal(place.querySelector("img"), null);
  const [[where, data, layout, config]] = drawn;
  assert.equal(where, place);
  assert.equal(JSON.stringify({ data, layout }), JSON.stringify(accuracyFigure(records)));
  assert.equal((config as { showSendToCloud: boolean }).showSendToCloud, false);
});

test("Plotly is loaded once for all figures of a page, and only if it is the very file that is installed here", async (t) => {
  const messages = fakeKernel(t);
  await show(accuracyFigure(records));
  await show(accuracyFigure(records, { metric: "f1" }));
  const window = open(messages.map(({ data }) => data["text/html"]).join(""));
  const scripts = window.document.head.querySelectorAll("script");
  assert.equal(scripts.length, 1);
  const { version } = require("plotly.js-dist-min/package.json");
  assert.equal(scripts[0].src, `https://cdn.jsdelivr.net/npm/plotly.js-dist-min@${version}/plotly.min.js`);
  const bytes = readFileSync(require.resolve("plotly.js-dist-min"));
  assert.equal(scripts[0].integrity, `sha384-${createHash("sha384").update(bytes).digest("base64")}`);
  assert.equal(scripts[0].crossOrigin, "anonymous");
});

test("Without a network the picture stays, and the next figure tries again", async (t) => {
  const messages = fakeKernel(t);
  await show(accuracyFigure(records));
  const html = messages[0].data["text/html"] as string;
  const window = open(html);
  window.document.head.querySelector("script").onerror();
  await new Promise((resolve) => setTimeout(resolve));
  assert.ok(window.document.querySelector("div img"));
  assert.equal(window.frostkitPlotly, undefined);
});

test("A page that has Plotly already uses it, and the real one draws from the HTML", async (t) => {
  const messages = fakeKernel(t);
  await show({
    data: [{ type: "scatter", x: [1, 2, 3], y: [1, 4, 9] }],
    layout: { title: { text: "squares" } },
  });
  const bundle = readFileSync(require.resolve("plotly.js-dist-min"), "utf8").replace(
    /<(?=\/script|!--)/g,
    "\\x3C",
  );
  const window = open(`<script>${bundle}</script>${messages[0].data["text/html"]}`, addBrowserParts);
  await window.frostkitPlotly;
  const points = () => window.document.querySelectorAll(".js-plotly-plot .scatterlayer path.point").length;
  await waitUntil(() => points() > 0);
  assert.equal(points(), 3);
  assert.equal(window.document.querySelector(".gtitle").textContent, "squares");
});

test("Texts of a figure cannot leave the script they stand in", async (t) => {
  const messages = fakeKernel(t);
  const text = "</script><img src=x onerror='window.broken = true'><!--";
  await show({
    data: [{ type: "scatter", name: text, y: [1, 2] }],
    layout: { title: { text: `a ${text}` } },
  });
  const drawn: Figure["data"][] = [];
  const window = open(messages[0].data["text/html"] as string, (window: never) => {
    Object.assign(window, { Plotly: { newPlot: (_: unknown, data: Figure["data"]) => drawn.push(data) } });
  });
  await window.frostkitPlotly;
  assert.equal(drawn[0][0].name, text);
  assert.equal(window.broken, undefined);
  assert.equal(window.document.querySelectorAll("img").length, 0);
});

test("The figure that is handed in stays as it was, though Plotly writes into what it draws", async (t) => {
  fakeKernel(t);
  const figure = accuracyFigure(records);
  const before = structuredClone(figure);
  await show(figure);
  assert.deepEqual(figure, before);
});

test("In a notebook parameters are a table, and records the text of theirs", async (t) => {
  const messages = fakeKernel(t);
  await show(params);
  await show(records);
  const [first, second] = messages.map(({ data }) => data);
  assert.deepEqual(Object.keys(first), ["text/html", "text/plain"]);
  assert.match(first["text/html"] as string, /classifier\.weight/);
  assert.equal(first["text/plain"], params.toString());
  assert.deepEqual(second, { "text/plain": formatSummary(summarize(records)) });
  assert.notEqual(messages[0].transient.display_id, messages[1].transient.display_id);
});
