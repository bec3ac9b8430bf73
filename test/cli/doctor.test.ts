import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { nativeStatus } from "../../src/engine/native/nativeStatus";
import { ENGINES, whyNot } from "../../src/engine/useEngine";
import { version } from "../../src/version";
import { fakeCommand, fakeWheel, temporaryFolder } from "../engine/native/fakes";
import { unlinkedKit } from "../engine/native/unlinkedKit";
import { frostkitIn } from "./frostkit";

/** What lines are called that an engine's library wrote by itself. */
const LIBRARY = "a library says";

/** Without a Vulkan driver no time goes into an adapter in software, which only the first test is about. */
const NO_ADAPTER = { VK_DRIVER_FILES: join(temporaryFolder(), "none.json") };

/** What doctor says, as pairs: a label may come more than once. */
async function facts(env: NodeJS.ProcessEnv = {}, kit?: string): Promise<[string, string][]> {
  const { code, stdout, stderr } = await frostkitIn({ env: { ...NO_ADAPTER, ...env }, kit }, "doctor");
  assert.deepEqual([code, stderr], [0, ""], "nothing of what engines' libraries log comes through");
  const lines = stdout.trimEnd().split("\n");
  return lines.map((line) => /^(\S+(?: \S+)*) {2,}(.+)$/.exec(line)!.slice(1) as [string, string]);
}

const fact = (pairs: [string, string][], label: string) => pairs.find(([name]) => name === label)?.[1] ?? "";
const factsOf = (pairs: [string, string][], label: string) =>
  pairs.filter(([name]) => name === label).map(([, value]) => value);

/** What it says of this machine, with whatever adapter there is. */
let here: Promise<[string, string][]> | undefined;
const factsHere = () => {
  here ??= facts({ VK_DRIVER_FILES: process.env.VK_DRIVER_FILES });
  return here;
};

test("doctor shows versions, cores, memory, every engine, what auto takes and the notebook kernel, a line each", async () => {
  const said = await factsHere();
  assert.deepEqual(
    said.map(([label]) => label).filter((label) => !["device", "training step", LIBRARY].includes(label)),
    [
      ...["frostkit", "Node.js", "processor", "memory"],
      ...ENGINES.map((name) => `engine ${name}`),
      ...["engine auto", "notebook kernel"],
    ],
  );
  assert.equal(fact(said, "frostkit"), version);
  assert.ok(fact(said, "Node.js").startsWith(process.versions.node));
  for (const name of ENGINES) assert.match(fact(said, `engine ${name}`), /^yes: \d[\d.e+]* GFLOP\/s|^no: .+/);
  // These two need nothing but what npm installs.
  for (const name of ["onnxruntime", "cpu"]) assert.match(fact(said, `engine ${name}`), /^yes: /);
  assert.match(fact(said, "notebook kernel"), /^(yes|no): /);
});

test("TensorFlow's line says what its binding is linked to; a device and auto's reason name what it computes on", async (t) => {
  const why = await whyNot("tensorflow");
  if (why !== null) return t.skip(why);
  const said = await factsHere();
  assert.ok(fact(said, "engine tensorflow").includes(nativeStatus().reason));
  const used = factsOf(said, "device").filter((device) => device.endsWith(", in use"));
  assert.equal(used.length, 1);
  const [, device] = /^((?:CPU|GPU) .+) \([\d.]+ of [\d.]+ GB free\), in use$/.exec(used[0])!;
  assert.match(fact(said, "engine auto"), /^tensorflow \(TensorFlow 2\.\d+\.\d+ computes on /);
  assert.ok(fact(said, "engine auto").includes(`computes on ${device}`));
  assert.match(
    fact(said, "training step"),
    /^[1-9][\d,]* calls, [1-9]\d* arrays, [1-9][\d,]* µs of the host beside [1-9][\d,]* µs in TensorFlow \(the bundled model, 8 x 32 tokens\)$/,
  );
});

test("A GPU that a TensorFlow without CUDA leaves idle is listed with its memory, why, and what to do", async (t) => {
  const why = await whyNot("tensorflow");
  const { tensorflow } = nativeStatus();
  if (why !== null || tensorflow?.cuda !== false)
    return t.skip(why ?? "the TensorFlow linked here is not one that was built without CUDA");
  const smi = fakeCommand(
    "nvidia-smi",
    "echo '0, GPU-aaaa-1, Tesla T4, 15360, 15101'; echo '1, GPU-bbbb-2, Tesla P100-PCIE-16GB, 16384, 16000'",
  );
  const said = await facts({ PATH: `${smi}:${process.env.PATH}`, CUDA_VISIBLE_DEVICES: undefined });
  const [cpu, gpus] = factsOf(said, "device");
  assert.match(cpu, /^CPU .+, in use$/);
  assert.ok(
    gpus.startsWith(
      "GPU Tesla T4 (15.8 of 16.1 GB free), GPU Tesla P100-PCIE-16GB (16.8 of 17.2 GB free): the GPU is not used: ",
    ),
    gpus,
  );
  assert.match(gpus, /is built without CUDA; pip install "tensorflow\[and-cuda\]"/);
  assert.match(fact(said, "engine auto"), /, not on GPU Tesla P100-PCIE-16GB: frostkit doctor says why\)$/);
});

test("doctor --ops lists who computes each op; what a library writes by itself stands below, its log lines nowhere", async () => {
  const noisy = join(temporaryFolder(), "noisy.cjs");
  writeFileSync(
    noisy,
    `if (process.argv[1]?.endsWith("doctorProcess.js"))
       process.stderr.write("2026-01-01 00:00:00.000001: I tensorflow/core: quiet\\nsaid by a library\\n");`,
  );
  const env = { ...NO_ADAPTER, NODE_OPTIONS: `--require ${noisy}` };
  const { code, stdout, stderr } = await frostkitIn({ env }, "doctor", "--ops");
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assert.match(lines[0], /^engine (tensorflow|onnxruntime) \(/);
  assert.equal(lines[1], "");
  assert.match(lines[2], /^op +fp32/);
  assert.match(stdout, /^layerNorm +\S/m);
  assert.match(lines.at(-1)!, /^a library says +said by a library$/);
  assert.doesNotMatch(stdout, /^\d{4}-\d\d-\d\d |^[IWE]\d{4} |quiet/m);
});

/** What it says of a kit without a binding, where there is no TensorFlow and no adapter. */
let unlinked: Promise<[string, string][]> | undefined;
const factsUnlinked = () => {
  unlinked ??= facts({ FROSTKIT_TENSORFLOW: join(temporaryFolder(), "nowhere") }, unlinkedKit());
  return unlinked;
};

test("What a graphics library writes by itself stands in the table, without its stack, and nowhere else", async (t) => {
  const why = await whyNot("webgpu");
  if (why?.includes("does not load")) return t.skip(why);
  const said = await factsUnlinked();
  assert.match(fact(said, "engine webgpu"), /^no: no WebGPU adapter was found: install the Vulkan loader/);
  const lines = factsOf(said, LIBRARY);
  assert.ok(
    lines.some((line) => /^Warning: .*(vkCreateInstance|none\.json|libvulkan)/.test(line)),
    lines.join(),
  );
  assert.ok(!lines.some((line) => /^at |VulkanError\.cpp/.test(line)), lines.join());
});

test("Where no binding is built, doctor names the TensorFlow that could be linked, or how to fetch one", async () => {
  const kit = unlinkedKit();
  const none = await factsUnlinked();
  assert.match(
    fact(none, "engine tensorflow"),
    /^no: tfjs-node-gpu's native binding is not built; FROSTKIT_TENSORFLOW: expected a folder that holds TensorFlow/,
  );
  const wheel = fakeWheel(temporaryFolder(), { version: "2.20.0" });
  const found = await facts({ FROSTKIT_TENSORFLOW: wheel }, kit);
  assert.equal(
    fact(found, "engine tensorflow"),
    `no: tfjs-node-gpu's native binding is not built; frostkit native builds it for TensorFlow 2.20.0 (${wheel})`,
  );
  assert.deepEqual(factsOf(found, "device"), []);
  assert.match(
    fact(found, "engine auto"),
    /^onnxruntime \(tensorflow cannot run: .*not built; .*(frostkit|main\.js) native/,
  );
});

test("A binding that was built for a library that has changed since says so, and what to do", async (t) => {
  const { state } = nativeStatus();
  if (state !== "linked") return t.skip(`the binding here is ${state}`);
  const said = await facts({ FROSTKIT_TENSORFLOW: fakeWheel(temporaryFolder()) });
  assert.match(
    fact(said, "engine tensorflow"),
    /FROSTKIT_TENSORFLOW names .*: frostkit native builds the binding anew$/,
  );
});
