import assert from "node:assert/strict";
import { test } from "node:test";
import { freezeWhere, listParams, type NamedParameter, topNLayerFreeze } from "../../src/freeze";
import { paramsHtml } from "../../src/notebook/paramsHtml";

const { JSDOM } = require("jsdom");

/** A BERT of so many blocks of 4 parameters each, between embeddings and head. */
function bert(blocks: number) {
  const names = [
    "bert.embeddings.word_embeddings.weight",
    ...Array.from({ length: blocks }, (_, i) =>
      ["query.weight", "query.bias", "dense.weight", "dense.bias"].map(
        (name) => `bert.encoder.layer.${i}.${name}`,
      ),
    ).flat(),
    "classifier.weight",
  ];
  const parameters = names.map((name): [string, NamedParameter] => [
    name,
    { shape: name.endsWith("bias") ? [4] : [4, 250], requiresGrad: true },
  ]);
  return { namedParameters: () => parameters };
}

const open = (html: string) =>
  new JSDOM(`<body>${html}</body>`, { runScripts: "dangerously" }).window.document;
const texts = (nodes: Iterable<{ textContent: string }>) => [...nodes].map((node) => node.textContent);

test("Every parameter has its row, with name, shape, size and flag, and the totals stand below", () => {
  const table = listParams(bert(2));
  const document = open(paramsHtml(table));
  const rows = [...document.querySelectorAll("tbody tr")].map((row) => texts(row.cells));
  assert.deepEqual(
    rows.map(([name]) => name),
    table.map(({ name }) => name),
  );
  assert.deepEqual(rows[0], ["bert.embeddings.word_embeddings.weight", "[4, 250]", "1,000", "true"]);
  assert.deepEqual(texts(document.querySelectorAll("thead th")), ["name", "shape", "size", "requiresGrad"]);
  assert.equal(document.querySelector("p").textContent, table.toString().split("\n").at(-1));
});

test("Frozen rows are marked by word and colour, and a block says how much of it is frozen", () => {
  const model = bert(3);
  topNLayerFreeze(model, 1);
  freezeWhere(model, "layer.2.query.");
  const document = open(paramsHtml(listParams(model)));
  for (const row of document.querySelectorAll("tbody tr")) {
    const frozen = row.cells[3].textContent.includes("❄ false");
    assert.equal(row.style.backgroundColor !== "", frozen, row.textContent);
  }
  assert.deepEqual(texts(document.querySelectorAll("summary")), [
    "bert.encoder.layer.0 (4 tensors, 2,008): ❄ frozen",
    "bert.encoder.layer.1 (4 tensors, 2,008): trainable",
    "bert.encoder.layer.2 (4 tensors, 2,008): ❄ 2 of 4 frozen",
  ]);
});

test("Blocks are open in a short table and where there is one alone, and folded in a long one", () => {
  const opened = (table: ReturnType<typeof listParams>) =>
    [...open(paramsHtml(table)).querySelectorAll("details")].map((block) => block.open);
  assert.deepEqual(opened(listParams(bert(2))), [true, true]);
  assert.deepEqual(opened(listParams(bert(12))), Array(12).fill(false));
  assert.deepEqual(opened(listParams(bert(12), "layer.3.")), [true]);
});

test("A ResNet's blocks are found too, and what has no numbered part stands outside of any", () => {
  const names = ["layer1.0.conv1.weight", "layer1.1.conv1.weight", "layer2.0.conv1.weight", "fc.weight"];
  const parameters = names.map((name): [string, NamedParameter] => [
    name,
    { shape: [1], requiresGrad: true },
  ]);
  const document = open(paramsHtml(listParams({ namedParameters: () => parameters })));
  assert.deepEqual(texts(document.querySelectorAll("summary b")), ["layer1", "layer2"]);
  assert.equal(document.querySelectorAll("details tbody tr").length, 3);
});

test("Typing into the box leaves the rows whose names hold the text, unfolded; emptying it brings all back", () => {
  const document = open(paramsHtml(listParams(bert(12))));
  const box = document.querySelector("input");
  const type = (text: string) => {
    box.value = text;
    box.dispatchEvent(new document.defaultView.Event("input"));
  };
  const shown = () => [...document.querySelectorAll("tbody tr")].filter((row) => !row.hidden);
  type(" Layer.3.Q");
  assert.deepEqual(texts(shown().map((row) => row.cells[0])), [
    "bert.encoder.layer.3.query.weight",
    "bert.encoder.layer.3.query.bias",
  ]);
  const blocks = [...document.querySelectorAll("details")];
  assert.deepEqual(
    blocks.flatMap((block, i) => (block.hidden ? [] : [i])),
    [3],
  );
  assert.equal(blocks[3].open, true);
  type("");
  assert.equal(shown().length, 50);
  assert.ok(blocks.every((block) => !block.hidden && !block.open));
});

test("A tied weight names the one it is tied to, and names are escaped", () => {
  const shared: NamedParameter = { shape: [2], requiresGrad: true };
  const model = {
    namedParameters: (): [string, NamedParameter][] => [
      ["<b>&.weight", shared],
      ["decoder.weight", shared],
    ],
  };
  const html = paramsHtml(listParams(model));
  const document = open(html);
  const cells = [...document.querySelectorAll("tbody tr")].map((row) => texts(row.cells));
  assert.equal(cells[0][0], "<b>&.weight");
  assert.equal(cells[1][3], "true, tied to <b>&.weight");
  assert.doesNotMatch(html, /<b>&/);
});
