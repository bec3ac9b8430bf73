import assert from "node:assert/strict";
import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { StateFolder } from "../../src/training/StateFolder";

let root = "";
let folder = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "frostkit-states-"));
  folder = join(root, "deep", "states");
});
afterEach(() => rmSync(root, { recursive: true }));

const silent = () => assert.fail("nothing is to be told");
const values = Float32Array.of(1.5, Number.NaN, -0, 3e-45);
const tensors = [
  { name: "weight a", shape: [2, 2], data: () => values },
  { name: "none of it", shape: [0, 3], data: async () => new Float32Array(0) },
];
const bits = (array: Float32Array) => new Uint32Array(array.slice().buffer);

test("facts and tensors read back bit for bit", async () => {
  const states = new StateFolder<{ step: number; loss: number }>(folder);
  states.check();
  assert.ok(!existsSync(join(root, "deep")), "a check leaves nothing");
  assert.equal(states.open(silent), null);
  await states.write({ step: 3, loss: Number.NaN }, tensors);
  const state = new StateFolder<{ step: number; loss: number }>(folder).open(silent)!;
  assert.deepEqual(state.facts, { step: 3, loss: Number.NaN });
  assert.deepEqual(
    [...state.shapes],
    [
      ["weight a", [2, 2]],
      ["none of it", [0, 3]],
    ],
  );
  assert.deepEqual(bits(state.read("weight a")), bits(values));
  state.close();
});

test("what only bears a state's name is left alone, and neither read nor counted", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  mkdirSync(join(folder, "state-3"), { recursive: true });
  writeFileSync(join(folder, "state-3", "thesis.txt"), "mine");
  writeFileSync(join(folder, "state-7"), "a file");
  assert.equal(states.open(silent), null);
  for (let step = 1; step <= 3; step++) await states.write({ step }, tensors);
  assert.deepEqual(readdirSync(folder).sort(), ["state-10", "state-3", "state-7", "state-9"]);
  states.keepNewest();
  states.clear();
  assert.deepEqual(readdirSync(folder).sort(), ["state-3", "state-7"]);
  assert.equal(readFileSync(join(folder, "state-3", "thesis.txt"), "utf8"), "mine");
});

test("the newest two stay, the newest is opened, and it alone can be kept", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  for (let step = 1; step <= 11; step++) await states.write({ step }, tensors);
  assert.deepEqual(readdirSync(folder).sort(), ["state-10", "state-11"]);
  const state = states.open(silent)!;
  assert.equal(state.facts.step, 11);
  state.close();
  states.keepNewest();
  assert.deepEqual(readdirSync(folder), ["state-11"]);
});

test("a write that fails leaves the newest state and nothing else", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  await states.write({ step: 1 }, tensors);
  const data = () => Promise.reject(new Error("the device is gone"));
  await assert.rejects(states.write({ step: 2 }, [{ name: "a", shape: [1], data }]), /the device is gone/);
  assert.deepEqual(readdirSync(folder), ["state-1"]);
});

for (const [file, harm] of [
  ["state.json", (bytes: Buffer) => bytes.subarray(0, -3)],
  ["state.json", (bytes: Buffer) => Buffer.from(bytes.toString().replace("step", "stop"))],
  ["state.safetensors", (bytes: Buffer) => bytes.subarray(0, -3)],
  ["state.safetensors", (bytes: Buffer) => bytes.fill(0, bytes.length - 8)],
] as const)
  test(`a damaged ${file} is told of, and the state before it opened (${harm})`, async () => {
    const states = new StateFolder<{ step: number }>(folder);
    await states.write({ step: 1 }, tensors);
    await states.write({ step: 2 }, tensors);
    const path = join(folder, "state-2", file);
    writeFileSync(path, harm(readFileSync(path)));
    const told: string[] = [];
    const state = states.open((line) => told.push(line))!;
    assert.equal(state.facts.step, 1);
    state.close();
    assert.equal(told.length, 1);
    assert.ok(told[0].startsWith(path) && told[0].endsWith("; the state before it is taken"), told[0]);
    rmSync(join(folder, "state-1"), { recursive: true });
    assert.throws(
      () => states.open(silent),
      (error: Error) => error.message.startsWith(path),
    );
  });

test("clearing removes states and what a crash left of one, and nothing else", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  await states.write({ step: 1 }, tensors);
  // A process that is no more.
  const { hostname } = await import("node:os");
  const host = hostname().replace(/[^\w.-]/g, "");
  mkdirSync(join(folder, `.state-2.${host}-999999999-0.frostkit-new`));
  writeFileSync(join(folder, "notes.txt"), "mine");
  states.clear();
  assert.deepEqual(readdirSync(folder), ["notes.txt"]);
  rmSync(join(folder, "notes.txt"));
  await states.write({ step: 1 }, tensors);
  states.clear();
  assert.ok(!existsSync(folder));
});

test("a state of a later version is refused in one line, and the one before it neither taken nor written over", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  await states.write({ step: 1 }, tensors);
  await states.write({ step: 2 }, tensors);
  const path = join(folder, "state-2", "state.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"format":1', '"format":2'));
  assert.throws(() => states.open(silent), {
    name: "InputError",
    message: `${path}: was written by a later frostkit (format 2; this one reads up to 1): update frostkit to read it`,
  });
  assert.deepEqual(readdirSync(folder).sort(), ["state-1", "state-2"]);
});

test("a process that is killed while it removes states leaves none of which a part is gone", async (t) => {
  const states = new StateFolder<{ step: number }>(folder);
  for (const step of [1, 2]) await states.write({ step }, tensors);
  // Files are removed one by one; the first is gone when the process ends.
  t.mock.method(fs, "rmSync", (path: string) => {
    fs.unlinkSync(join(path, "state.json"));
    throw new Error("killed");
  });
  assert.throws(() => states.clear(), /killed/);
  t.mock.restoreAll();
  const state = states.open(silent)!;
  assert.equal(state.facts.step, 1);
  state.close();
  states.clear();
  assert.ok(!existsSync(folder));
});

test("what was left of a state that was being removed goes with the next one that is written, whatever its number", async () => {
  const states = new StateFolder<{ step: number }>(folder);
  for (const step of [1, 2, 3]) await states.write({ step }, tensors);
  const { hostname } = await import("node:os");
  const host = hostname().replace(/[^\w.-]/g, "");
  mkdirSync(join(folder, `.state-1.${host}-999999999-5.frostkit-new`));
  await states.write({ step: 4 }, tensors);
  assert.deepEqual(readdirSync(folder).sort(), ["state-3", "state-4"]);
});
