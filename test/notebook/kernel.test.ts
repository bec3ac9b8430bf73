// In the kit's real kernel, without Jupyter. Its cells import the kit as `npm run build` made it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Cell, Kernel, type Reply, textOf } from "./Kernel";
import { ODD_OR_EVEN } from "./oddOrEven";

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

/** Runs a cell and presses the stop button as soon as this is true of what has come of it. */
async function stopOnce(code: string, isTime: (cell: Cell) => boolean, of = kernel): Promise<Reply> {
  let pressed = false;
  return of.execute(code, (reply) => {
    if (pressed || !isTime(reply)) return;
    pressed = true;
    of.interrupt();
  });
}

/** Runs a cell and presses the stop button once its output has been drawn so many times. */
const stop = (code: string, frames: number) => stopOnce(code, (reply) => reply.frames.length === frames);

const setUp = `
import {
  accuracyFigure, AutoModelForSequenceClassification, bitFit, evaluate, fineTune, freezeSweep, listParams, show, topNLayerFreeze,
  unfreezeWhere, useEngine, watch,
} from "frostkit";

await useEngine("onnxruntime");
${ODD_OR_EVEN}
const valid = {
  ...train,
  inputIds: Array.from({ length: 64 }, (_, i) => Int32Array.of(2, 20 + (i % 7), 10 + i, 3)),
  hash: "64 others",
};`;

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
    `const sweep = freezeSweep({ model, train, valid, n: [0, 3], epochs: 1, out: ${JSON.stringify(out)}, log: () => {} });\nconst { records } = await watch(sweep);`,
  );
  assert.equal(textOf(reply, "stderr"), "");
  assert.equal(reply.outputs.length, 1);
  assert.match(reply.outputs[0].data!["text/plain"] as string, /^finished: 2 of 2 trials/);
  assert.doesNotMatch(reply.outputs[0].data!["text/html"] as string, /<img/);
});

/** How many runs are under way in the kernel. */
const openRuns = `globalThis[Symbol.for("frostkit.openRuns") as any].runs.size`;
const long = "{ epochs: 100000, batchSize: 4 }";
const STOPPED = (name: string) =>
  `Stopped: ${name} ended between two steps; what there is so far is kept, and the cells below are not run\n`;

/** Runs a cell and presses the stop button once it has printed something; it has to fail with nothing but the word of that. */
async function stopRun(code: string, name: string): Promise<string> {
  const reply = await stopOnce(code, ({ outputs }) => outputs.length > 0);
  assert.equal(textOf(reply, "stderr"), STOPPED(name));
  assert.equal(reply.status, "error", "else the cells below would run");
  return textOf(reply, "stdout");
}

test("The stop button ends a watched training between two steps, and the cell's variables hold what there is", async () => {
  const reply = await stop(`const watched = await watch(fineTune(model, { train, valid }, ${long}));`, 2);
  assert.equal(textOf(reply, "stderr"), STOPPED("fineTune"));
  assert.equal(reply.status, "error");
  const silent = await kernel.execute(
    `await new Promise((resolve) => setTimeout(resolve, 300)); [watched.stopped, model.depth]`,
  );
  assert.deepEqual(silent.outputs, [{ type: "stream", name: "stdout", text: "[ 'aborted', 3 ]\n" }]);
});

test("It ends a plain await, a loop, a sweep and an evaluation likewise, with nothing left behind the cell", async () => {
  const timer = `setTimeout(() => console.log("begun"), 700);\n`;
  await stopRun(`${timer}const plain = await fineTune(model, { train, valid }, ${long});`, "fineTune");
  assert.equal(await run("plain.stopped"), "aborted\n");
  await stopRun(
    `for await (const event of fineTune(model, { train, valid }, ${long})) if (event.type === "step" && event.step === 9) console.log("begun");`,
    "fineTune",
  );
  const folder = JSON.stringify(join(out, "stopped"));
  await stopRun(
    `${timer}const swept = await freezeSweep(model, { train, valid }, { ...${long}, n: [0, 3], out: ${folder}, log: () => {} });`,
    "freezeSweep",
  );
  assert.equal(await run("swept.aborted"), "true\n");
  const reply = await stop(
    `import { display } from "tslab"; display.text("evaluating");
for (let i = 0; i < 1e5; i++) await evaluate(model, valid, { batchSize: 1 });`,
    1,
  );
  assert.equal(reply.status, "error");
  assert.match(
    textOf(reply, "stderr"),
    /^FrostError: evaluate: (stopped by the stop button|not begun, .*)\n {4}at cell \d+, line 2, column \d+\n/,
  );
  assert.equal(await run(openRuns), "0\n");
});

test("A loop that hangs is given up when the button is pressed twice, and the model can be trained again", async () => {
  let presses = 0;
  const reply = await kernel.execute(
    `for await (const _ of fineTune(model, { train, valid }, ${long})) { console.log("hangs"); await new Promise(() => {}); }`,
    (reply) => {
      if (presses > 0 || reply.outputs.length === 0) return;
      presses = 2;
      kernel.interrupt();
      setTimeout(() => kernel.interrupt(), 300);
    },
  );
  assert.equal(reply.status, "error");
  assert.equal(textOf(reply, "stderr"), "Error: Interrupted asynchronously\n");
  assert.equal(await run(`(await fineTune(model, { train }, { epochs: 1 })).stopped`), "finished\n");
});

test("With the run's own controller the stop button gives the result so far, and the cell ends well", async () => {
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

test("A cell that does not wait for a run is told to, and the model is refused to another meanwhile", async () => {
  const unwaited = await kernel.execute(`watch(fineTune(model, { train, valid }, ${long}))`);
  assert.equal(
    textOf(unwaited, "stderr"),
    "still training: write await before fineTune(…), so that the cell waits for it; the stop button ends it\n",
  );
  assert.equal(textOf(unwaited, "stdout"), "", "no pending promise");
  const second = await kernel.execute(`await fineTune(model, { train }, { epochs: 1 })`);
  assert.equal(second.status, "error");
  assert.match(
    textOf(second, "stderr"),
    /^FrostError: fineTune: expected a model that nothing trains, .* stop button\n/,
  );
  assert.doesNotMatch(textOf(second, "stderr"), /write await/, "said once");
  kernel.interrupt();
  await run(`while (${openRuns} > 0) await new Promise((resolve) => setTimeout(resolve, 10));`);
  assert.equal(await run(`(await fineTune(model, { train }, { epochs: 1 })).stopped`), "finished\n");
  assert.equal(
    await run(`const forgotten = fineTune(model, { train }, { epochs: 1 });`),
    "fineTune(…) has not begun: write await before it\n",
  );
});

test("A cell may wait in every form at its top: a lone for await, await before parentheses, await in a block", async () => {
  await run(`async function* numbers() { yield 1; yield 2; }`);
  assert.equal(await run(`for await (const n of numbers()) console.log(n);`), "1\n2\n");
  assert.equal(await run(`await (Promise.resolve("in parentheses"))`), "in parentheses\n");
  assert.equal(await run(`if (true) { for await (const n of numbers()) { console.log(n); break; } }`), "1\n");
  assert.equal(await run(`console.log(await numbers().next());`), "{ value: 1, done: false }\n");
  assert.equal(
    await run(`const later = async () => { for await (const n of numbers()) console.log(n); };`),
    "",
  );
  const wrong = await kernel.execute(`const now = () => { await later(); };`);
  assert.match(
    textOf(wrong, "stderr"),
    /^1:21 - 'await' expressions are only allowed within async functions/,
  );
});

test("After an error what the cell had declared is there, and what it had not come to is as it was", async () => {
  await run(`const early = "old", late = "old"; let count = 1;`);
  const reply = await kernel.execute(
    `const early = { new: true }; let started = 3; function helper(n: number) { return n + 1; }
interface Row { id: number }
const late = (() => { throw new RangeError("amid the cell"); })() as Row;
const never: Row = { id: 1 };`,
  );
  assert.equal(reply.status, "error");
  assert.equal(
    await run(`[early.new, late.toUpperCase(), started, helper(count)]`),
    "[ true, 'OLD', 3, 2 ]\n",
  );
  assert.equal(await run(`const row: Row = { id: 7 }; row.id`), "7\n");
  const gone = await kernel.execute(`never`);
  assert.equal(gone.status, "error", "it has no value");
});

test("A failed cell's error names its own lines, and no line of what runs it", async () => {
  const cells: [string, RegExp][] = [
    [
      `interface Ignored { a: number }\n\n// a comment\nfunction fail(x: Ignored) {\n  throw new TypeError("no");\n}\nfail({ a: 1 });`,
      /^TypeError: no\n {4}at fail \(cell \d+, line 5, column 9\)\n {4}5 \| {3}throw new TypeError\("no"\);\n {4}at cell \d+, line 7, column 1\n$/,
    ],
    [
      `await null;\n\nconst nothing = null as any;\nnothing.of;`,
      /^TypeError: Cannot read .*\n {4}at cell \d+, line 4, column 9\n {4}4 \| nothing\.of;\n$/,
    ],
    [
      `\n\nawait fineTune(model, { train, valid }, { epochs: 0 });`,
      /^InputError: epochs: .*\n {4}at cell \d+, line 3, column 7\n {4}3 \| await fineTune\(.*\n$/,
    ],
    [
      `await null;\nawait fineTune(model, { train, valid }, { epochs: 1, learningRate: 1e30 });`,
      /^FrostError: training stopped .*\n {4}at cell \d+, line 2, column \d+\n {4}2 \| await fineTune\(/,
    ],
    [
      `await Promise.all([1].map(async () => {\n  JSON.parse("{");\n}));`,
      /^SyntaxError: .*\n[\s\S]* {4}at cell \d+, line 2, column 8\n {4}2 \| {3}JSON\.parse\("\{"\);\n/,
    ],
    [
      `const typed = { train, valid };\nconst a: string = { train }.train;`,
      /^2:7 - Type '\{[\s\S]* is not assignable to type 'string'/,
    ],
  ];
  for (const [code, told] of cells) {
    const reply = await kernel.execute(code);
    assert.match(textOf(reply, "stderr"), told);
    assert.doesNotMatch(textOf(reply, "stderr"), /node_modules|cellExecutor|evalmachine|node:/);
  }
});

test("An error that no cell waits for, or of a last line that cannot be printed, names the cell's lines and nothing else", async () => {
  const place = String.raw`\n {4}at .*cell \d+, line 2, column \d+\)?\n {4}2 \| .*\n$`;
  const cells: [string, "ok" | "error", RegExp][] = [
    [
      `await null;\nvoid Promise.reject(new Error("unheard"));\nawait new Promise((r) => setTimeout(r, 50));`,
      "ok",
      RegExp(`^UnhandledPromiseRejection: Error: unheard${place}`),
    ],
    [
      `await null;\nsetTimeout(() => { throw new Error("late"); });\nawait new Promise((r) => setTimeout(r, 50));`,
      "ok",
      RegExp(`^UncaughtException: Error: late${place}`),
    ],
    [
      `await null;\n(require("node:fs") as typeof import("node:fs")).readFileSync("/none/such")`,
      "error",
      RegExp(`^Error: ENOENT: no such file or directory, open '/none/such'${place}`),
    ],
    [
      `await null;\nnew Proxy({}, { get() { throw new Error("unprintable"); } })`,
      "error",
      RegExp(`^Error: unprintable${place}`),
    ],
    [
      `const left = await AutoModelForSequenceClassification.fromPretrained(model.folder, { log() {} });\nleft.dispose();\nleft`,
      "error",
      /^FrostError: parameter \S+ was used after its model was disposed\n$/,
    ],
  ];
  for (const [code, status, told] of cells) {
    const reply = await kernel.execute(code);
    assert.match(textOf(reply, "stderr"), told);
    assert.equal(reply.status, status);
  }
  const caught = `await null;\ntry { JSON.parse("{"); } catch (error) { console.log("caught:", error); }`;
  assert.match(await run(caught), RegExp(`^caught: SyntaxError: .*\\n.*at JSON\\.parse.*${place}`));
  assert.match(await run(`await null;\nnew Error("not thrown")`), RegExp(`^Error: not thrown${place}`));
  assert.equal(
    await run(`Promise.reject(3).catch(() => {})`),
    "a promise: write await before it for its value\n",
  );
});

test("A last line prints what is of use: a model's modules, a line on what was frozen, nothing of a promise that shows itself", async () => {
  assert.match(await run("model"), /^BertForSequenceClassification, 2 classes \(\n {2}\(bert\): \(\n/);
  assert.match(await run("topNLayerFreeze(model, 1)"), /^frozen: 21 of 57 parameters, .*\n$/);
  assert.match(await run("bitFit(model)"), /^frozen: \d+ of 57 parameters, .*\n$/);
  assert.match(await run("unfreezeWhere(model, () => true)"), /^unfrozen: 57 of 57 parameters, .*\n$/);
  assert.equal(await run(`model.parameter("classifier.weight")`), "classifier.weight [2, 32]\n");
  assert.match(
    await run(`model.parameter("classifier.weight").value`),
    /^Tensor\n {2}dtype: float32\n {2}rank: 2\n {2}shape: \[2,32\]\n {2}values:\n {4}\[\[-?\d/,
  );
  const shown = await kernel.execute(`show([{ a: 1 }])`);
  assert.deepEqual(
    shown.outputs.map(({ type }) => type),
    ["display_data"],
  );
  assert.equal(await run(`Promise.resolve(3)`), "Promise { 3 }\n");
  assert.equal(await run(`new Promise(() => {})`), "a promise: write await before it for its value\n");
});

test("A figure, and a sweep's records, as a last line are shown as show does", async () => {
  const figure = `{ data: [{ x: [0, 1], y: [0.5, 0.7] }], layout: { title: { text: "two points" } } }`;
  const cells = [`(${figure})`, `await null;\n(${figure})`, `await show(${figure})`];
  const forms = [];
  for (const code of cells) {
    const reply = await kernel.execute(code);
    const { status, outputs } = reply;
    assert.equal(status, "ok", textOf(reply, "stderr"));
    forms.push(outputs.map(({ type, data }) => [type, ...Object.keys(data!).sort()]));
  }
  assert.deepEqual(forms[0], [
    ["display_data", "application/vnd.plotly.v1+json", "image/png", "text/html", "text/plain"],
  ]);
  assert.deepEqual([forms[1], forms[2]], [forms[0], forms[0]]);
  const broken = await kernel.execute(`[{ trial: "freeze n=0 seed=0" }]`);
  assert.equal(broken.status, "error");
  assert.equal(await run("[]"), "[]\n");
  assert.equal(await run("({ data: 1, layout: {} })"), "{ data: 1, layout: {} }\n");
});

test("The kernel is busy from the first cell's beginning to the last one's end, whatever is asked in between", async () => {
  const { statuses, replies } = await kernel.queue(
    [
      "await new Promise((resolve) => setTimeout(resolve, 400)); 1",
      "await new Promise((resolve) => setTimeout(resolve, 200)); 2",
    ],
    "kernel_info_request",
  );
  assert.deepEqual(replies, ["ok", "ok"]);
  const idle = statuses.flatMap(({ state }, i) => (state === "idle" ? [i] : []));
  for (const i of idle.slice(0, -1)) assert.equal(statuses[i + 1]?.state, "busy", JSON.stringify(statuses));
  assert.equal(statuses.at(-1)!.state, "idle");
  const cells = statuses.filter(({ cell }) => cell !== null).map(({ cell, state }) => `${cell} ${state}`);
  assert.ok(
    cells.indexOf("0 idle") < cells.indexOf("1 busy"),
    "the second cell is begun when the first has ended",
  );
});

test("The stop button is heard while a cell is still compiled", async () => {
  const code = `await new Promise((resolve) => setTimeout(resolve, 1e6));`;
  const reply = await stopOnce(code, ({ busy }) => busy);
  assert.equal(reply.status, "error");
  assert.equal(textOf(reply, "stderr"), "Error: Interrupted asynchronously\n");
});

test("When a cell fails, those that wait behind it are not run", async () => {
  await run("0"); // past the time in which tslab refuses what comes after an error
  const { replies } = await kernel.queue([`throw new Error("first")`, "1", "2"]);
  assert.deepEqual(replies, ["error", "abort", "abort"]);
  assert.equal(await run("3"), "3\n");
});

test("After a run the stop button gives up other cells as ever", async () => {
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

test("In a kernel of tslab's own the stop button ends runs too, from the cell after the import on", async () => {
  const plain = await Kernel.start(join(repository, "notebooks"), "tslab");
  try {
    const made = await plain.execute(setUp);
    assert.equal(made.status, "ok", textOf(made, "stderr"));
    const pair = await plain.execute(`const pair = { train, valid }; pair.train === train`);
    assert.equal(textOf(pair, "stdout"), "true\n");
    const reply = await stopOnce(
      `const plain = await watch(fineTune(model, { train, valid }, ${long})); console.log(plain.stopped);`,
      ({ frames }) => frames.length >= 2,
      plain,
    );
    assert.deepEqual(
      [reply.status, textOf(reply, "stdout"), textOf(reply, "stderr")],
      ["error", "aborted\n", STOPPED("fineTune")],
    );
  } finally {
    plain.close();
  }
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
