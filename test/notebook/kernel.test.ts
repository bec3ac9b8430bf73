// In a real tslab kernel, without Jupyter. Its cells import the kit as `npm run build` made it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Kernel, type Reply, textOf } from "./Kernel";

const repository = join(__dirname, "..", "..");
const out = mkdtempSync(join(tmpdir(), "frostkit-sweep-"));
let kernel: Kernel;

before(async () => {
  kernel = await Kernel.start(join(repository, "notebooks"));
});
after(() => {
  kernel.close();
  rmSync(out, { recursive: true });
});

/** Runs a cell that has to end well and to say nothing on stderr; gives what it printed. */
async function run(code: string): Promise<string> {
  const reply = await kernel.execute(code);
  assert.equal(textOf(reply, "stderr"), "");
  assert.equal(reply.status, "ok");
  return textOf(reply, "stdout");
}

/** Runs a cell and presses the stop button once its output has been drawn so many times. */
async function stop(code: string, frames: number): Promise<Reply> {
  let pressed = false;
  return kernel.execute(code, (reply) => {
    if (!pressed && reply.frames.length === frames) {
      pressed = true;
      kernel.interrupt();
    }
  });
}

const setUp = `
import {
  accuracyFigure, AutoModelForSequenceClassification, fineTune, freezeSweep, listParams, show, topNLayerFreeze, useEngine, watch,
} from "frostkit";

await useEngine("wasm");
const model = await AutoModelForSequenceClassification.fromPretrained(
  ${JSON.stringify(join(repository, "test/fixtures/models/bert"))},
  { classes: ["odd", "even"], ignoreMismatchedSizes: true, log() {} },
);
const train = {
  inputIds: Array.from({ length: 64 }, (_, i) => Int32Array.of(2, 10 + (i % 64), 20 + (i % 7), 3)),
  tokenTypeIds: null,
  labels: {
    problemType: "single_label_classification" as const,
    classes: ["odd", "even"],
    ids: Int32Array.from({ length: 64 }, (_, i) => (i + 1) % 2),
  },
  truncated: 0,
  maxLength: 32,
  padTokenId: 0,
  hash: "64 rows",
};
const valid = train;`;

test("Once frostkit is imported, a cell that prints thousands of lines ends, and none is lost", async () => {
  await run(setUp);
  const printed = await run(`for (let i = 0; i < 20_000; i++) console.log("line", i);`);
  const lines = printed.trimEnd().split("\n");
  assert.equal(lines.length, 20_000);
  assert.equal(lines.at(-1), "line 19999");
});

test("A variable of an earlier cell can be said in short in an object, and taken apart under other names", async () => {
  assert.equal(await run(`const pair = { train, valid }; pair.train === train`), "true\n");
  assert.equal(await run(`const { train: first } = pair; first === train`), "true\n");
});

test("Types are known in a cell: a wrong option is refused before it runs", async () => {
  const reply = await kernel.execute(`fineTune(model, { train }, { epoch: 2 })`);
  assert.equal(reply.status, "error");
  assert.match(textOf(reply, "stderr"), /'epoch' does not exist in type 'FineTuneOptions'/);
});

test("Parameters are shown as a table, and a figure in four forms, as one output each", async () => {
  const parameters = await kernel.execute(`topNLayerFreeze(model, 1); await show(listParams(model));`);
  assert.deepEqual(
    parameters.outputs.map(({ data }) => Object.keys(data!)),
    [["text/html", "text/plain"]],
  );
  const figure = await kernel.execute(`await show({ data: [{ type: "scatter", y: [1, 2] }], layout: {} })`);
  assert.deepEqual(
    figure.outputs.map(({ data }) => Object.keys(data!)),
    [["application/vnd.plotly.v1+json", "text/html", "image/png", "text/plain"]],
  );
});

test("What cannot be shown fails the cell with one clear line", async () => {
  const reply = await kernel.execute(`await show([1, 2] as any)`);
  assert.equal(reply.status, "error");
  assert.match(textOf(reply, "stderr"), /^InputError: show: expected a figure, .*, got an array that begins/);
});

test("A training is watched in one output that changes in place, and its result is typed", async () => {
  const reply = await kernel.execute(
    `const { epochs } = await watch(fineTune(model, { train, valid }, { epochs: 2 }));\nepochs.map(({ epoch }) => epoch)`,
  );
  assert.equal(textOf(reply, "stderr"), "");
  assert.deepEqual(
    reply.outputs.map(({ type }) => type),
    ["display_data", "stream"],
  );
  assert.match(reply.outputs[0].data!["text/plain"] as string, /^finished: 2 epochs\nepoch 1: /);
  assert.ok(reply.frames.length > 1);
  assert.equal(textOf(reply, "stdout"), "[ 1, 2 ]\n");
});

test("A sweep is watched likewise", async () => {
  const reply = await kernel.execute(
    `const sweep = freezeSweep({ model, train, valid, n: [0, 3], epochs: 1, out: ${JSON.stringify(out)} });\nconst { records } = await watch(sweep);`,
  );
  assert.equal(textOf(reply, "stderr"), "");
  assert.equal(reply.outputs.length, 1);
  assert.match(reply.outputs[0].data!["text/plain"] as string, /^finished: 2 of 2 trials/);
  assert.doesNotMatch(reply.outputs[0].data!["text/html"] as string, /<img/);
});

test("The stop button ends a training between two steps, and the variables live on", async () => {
  const long = `{ epochs: 100000, batchSize: 4 }`;
  const reply = await stop(`await watch(fineTune(model, { train, valid }, ${long}));`, 2);
  assert.equal(reply.status, "error");
  assert.match(textOf(reply, "stderr"), /^FrostError: stopped; the model keeps what it has learnt so far\n/);
  const silent = await kernel.execute(
    `await new Promise((resolve) => setTimeout(resolve, 300)); model.depth`,
  );
  assert.deepEqual(silent.outputs, [{ type: "stream", name: "stdout", text: "3\n" }]);
});

test("With the run's own controller the stop button gives the result so far", async () => {
  const reply = await stop(
    `const abort = new AbortController();
const run = fineTune(model, { train, valid }, { epochs: 100000, batchSize: 4, signal: abort.signal });
const { stopped } = await watch(run, { abort });
stopped`,
    2,
  );
  assert.equal(textOf(reply, "stderr"), "");
  assert.equal(reply.status, "ok");
  assert.equal(textOf(reply, "stdout"), "aborted\n");
});

test("After a watched run the stop button gives up other cells as ever", async () => {
  // Not within the cell's first stretch, where node:vm takes the signal.
  const reply = await stop(
    `import { display } from "tslab";
await new Promise((resolve) => setTimeout(resolve, 100));
display.text("waiting");
await new Promise((resolve) => setTimeout(resolve, 1e6));`,
    1,
  );
  assert.match(textOf(reply, "stderr"), /Interrupted asynchronously/);
});

test("Outside a kernel importing frostkit loads neither tslab nor its sockets", () => {
  const code = `require("frostkit"); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const files: string[] = JSON.parse(
    execFileSync(process.execPath, ["-e", code], { cwd: repository, encoding: "utf8" }),
  );
  assert.deepEqual(
    files.filter((file) => /node_modules.(tslab|@tslab|zeromq)/.test(file)),
    [],
  );
});
