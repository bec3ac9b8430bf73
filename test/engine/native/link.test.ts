import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import type { BindingFiles } from "../../../src/engine/native/bindingFiles";
import { instructionSets } from "../../../src/engine/native/compileKernels";
import { findTensorflow } from "../../../src/engine/native/findTensorflow";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { link } from "../../../src/engine/native/link";
import { linkIfPresent } from "../../../src/engine/native/linkIfPresent";
import { linkNative } from "../../../src/engine/native/linkNative";
import { nativeStatus } from "../../../src/engine/native/nativeStatus";
import { removeNative } from "../../../src/engine/native/removeNative";
import type { Tensorflow } from "../../../src/engine/native/Tensorflow";
import { FrostError } from "../../../src/errors";
import {
  fakeCommand,
  fakeWheel,
  nodeModules,
  packageCopy,
  realTensorflow,
  setEnv,
  temporaryFolder,
  write,
} from "./fakes";

const { PATH, CXX, FROSTKIT_TENSORFLOW, FROSTKIT_CACHE, NODE_PATH } = process.env;
const restore = () => setEnv({ PATH, CXX, FROSTKIT_TENSORFLOW, FROSTKIT_CACHE, NODE_PATH });

const failsWith = (pattern: RegExp) => (error: Error) => {
  assert.ok(error instanceof FrostError, String(error));
  assert.doesNotMatch(error.message, /\n/);
  assert.match(error.message, pattern);
  return true;
};

describe("Linking that fails", () => {
  let files: BindingFiles;
  let tensorflow: Tensorflow;
  beforeEach(() => {
    files = packageCopy();
    tensorflow = inspectTensorflow(fakeWheel(temporaryFolder()))!;
    write(files.binding, "the one before");
  });
  afterEach(restore);

  /** A compiler that does what these lines of shell say; $out is where its output goes. */
  const compiler = (body: string) =>
    setEnv({ CXX: join(fakeCommand("cxx", `for out; do :; done\n${body}`), "cxx") });

  async function check(pattern: RegExp): Promise<void> {
    await assert.rejects(link(tensorflow, files), failsWith(pattern));
    assert.equal(readFileSync(files.binding, "utf8"), "the one before");
    assert.deepEqual(readdirSync(files.folder), ["tfjs_binding.node"], "nothing is left of the attempt");
  }

  test("for want of a compiler leaves what was there, and says how to get one", async () => {
    setEnv({ CXX: undefined, PATH: temporaryFolder() });
    await check(/^no C\+\+ compiler \(g\+\+\): apt-get install g\+\+ /);
    setEnv({ CXX: "/nowhere/clang++" });
    await check(/^no C\+\+ compiler \(\/nowhere\/clang\+\+\)/);
  });

  test("since the compiler does leaves what was there, and says why", async () => {
    compiler("echo '/tmp/cc.s: No space left on device' >&2; exit 1");
    await check(/^the disk is full/);
    compiler("kill -9 $$");
    await check(/want of memory/);
  });

  test("since what was built does not load leaves what was there, and says why", async () => {
    compiler('echo "not a library" > "$out"');
    await check(/^the binding is not one for linux /);
  });

  test("since tfjs-node-gpu's folder cannot be written says so", async (t) => {
    if (process.getuid?.() === 0) return t.skip("root writes everywhere");
    chmodSync(files.folder, 0o555);
    await assert.rejects(link(tensorflow, files), failsWith(/napi-v8 cannot be written/));
    chmodSync(files.folder, 0o755);
  });

  test("never stops npm start, which is told why it does not compute", async () => {
    setEnv({ FROSTKIT_TENSORFLOW: tensorflow.folder });
    compiler("echo 'x.cc:1:1: error: odd' >&2; exit 1");
    rmSync(files.binding);
    assert.match((await linkIfPresent(files))!, /^TensorFlow could not be linked: .* error: odd /);
    setEnv({ FROSTKIT_TENSORFLOW: "/nowhere" });
    assert.match(
      (await linkIfPresent(files))!,
      /^TensorFlow could not be linked: .*FROSTKIT_TENSORFLOW: expected/,
    );
  });
});

test("Where no TensorFlow is installed, the line says how to come by one and what it brings", async (t) => {
  t.after(restore);
  setEnv({ FROSTKIT_CACHE: temporaryFolder(), FROSTKIT_TENSORFLOW: undefined });
  if ((await findTensorflow()).tensorflow !== null) return t.skip("this machine has one");
  const files = packageCopy();
  const line = await linkIfPresent(files);
  assert.equal(
    line,
    "no TensorFlow is installed; npx frostkit native --pip fetches TensorFlow, which is faster on a processor and uses NVIDIA GPUs",
  );
  await assert.rejects(
    linkNative({ pip: false, log() {} }, files),
    failsWith(/^no TensorFlow to link to: .*; frostkit native --pip fetches one .*FROSTKIT_TENSORFLOW names/),
  );
});

describe("Linking to the TensorFlow of this machine", async () => {
  const tensorflow = await realTensorflow();
  const skip = typeof tensorflow === "string" ? tensorflow : false;
  if (typeof tensorflow === "string") return test("is not tried here", { skip }, () => {});

  const logged: string[] = [];
  const log = (line: string) => logged.push(line);
  let files: BindingFiles;
  let original: string;
  before(() => {
    files = packageCopy({ whole: true });
    original = readFileSync(join(files.package, "package.json"), "utf8");
    setEnv({ NODE_PATH: nodeModules, FROSTKIT_TENSORFLOW: tensorflow.folder, CXX: undefined });
  });
  after(restore);

  /** Runs lines with frostkit's `loadTensorflow` and tfjs in a process of their own. */
  function run(code: string, env: NodeJS.ProcessEnv = {}) {
    const load = join(__dirname, "../../../src/engine/native/loadTensorflow");
    const bindings = join(__dirname, "../../../src/engine/native/bindingFiles");
    const file = write(
      join(temporaryFolder(), "run.ts"),
      `import { bindingFiles } from ${JSON.stringify(bindings)};
      import { loadTensorflow } from ${JSON.stringify(load)};
      loadTensorflow(bindingFiles(${JSON.stringify(files.package)}));
      const tf = require(${JSON.stringify(files.package)});
      ${code}`,
    );
    const { TF_CPP_MIN_LOG_LEVEL, FROSTKIT_DEBUG, ...rest } = process.env;
    return spawnSync(process.execPath, ["--import", "tsx", file], {
      env: { ...rest, ...env },
      encoding: "utf8",
    });
  }

  test("builds, tries and stamps a binding, and writes nothing but its five files", async () => {
    assert.equal(nativeStatus(files).state, "absent");
    const { proof } = await linkNative({ pip: false, log }, files);
    assert.match(proof!.version, /^2\.\d+\.\d+/);
    assert.equal(proof!.gpu, false);
    assert.deepEqual(readdirSync(files.folder).sort(), [
      "frostkit.json",
      "frostkit_capture.node",
      "frostkit_functions.node",
      "frostkit_kernels.node",
      "tfjs_binding.node",
    ]);
    assert.deepEqual(readdirSync(join(files.package, "lib")), ["napi-v8"]);
    assert.ok(!existsSync(join(files.package, "deps")));
    assert.equal(readFileSync(join(files.package, "package.json"), "utf8"), original);
    const status = nativeStatus(files);
    assert.equal(status.state, "linked");
    assert.equal(status.tensorflow?.version, proof!.version);
    assert.equal(logged.length, 1);
    assert.match(logged[0], /^building tfjs-node-gpu's binding for TensorFlow 2\./);
  });

  test("does nothing when run again", async () => {
    setEnv({ CXX: "/nowhere/no-compiler-is-needed" });
    const { proof } = await linkNative({ pip: true, log }, files);
    assert.equal(proof, null);
    assert.equal(logged.length, 1);
    assert.equal(await linkIfPresent(files), null);
  });

  test("gives tfjs a backend that computes, memory growth on a GPU, and silence unless it is asked to speak", () => {
    const code = `console.log(tf.getBackend(), tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0]);
      console.log(process.env.TF_FORCE_GPU_ALLOW_GROWTH);`;
    const quiet = run(code);
    assert.equal(quiet.stdout, "tensorflow 11\ntrue\n");
    assert.equal(quiet.stderr, "");
    for (const env of [
      { TF_CPP_MIN_LOG_LEVEL: "0", TF_FORCE_GPU_ALLOW_GROWTH: "false" },
      { FROSTKIT_DEBUG: "1" },
    ]) {
      const loud = run(code, env);
      assert.equal(loud.stdout, `tensorflow 11\n${env.TF_FORCE_GPU_ALLOW_GROWTH ?? "true"}\n`);
      assert.match(loud.stderr, /oneDNN|CPU instructions/);
    }
  });

  test("is done again, and first of all by npm start, when TensorFlow has changed", async () => {
    // As if the libraries had been others when it was built; and a compiler that has the result ready.
    const stamp = JSON.parse(readFileSync(files.stamp, "utf8"));
    stamp.libraries[0].bytes++;
    writeFileSync(files.stamp, JSON.stringify(stamp));
    assert.equal(nativeStatus(files).state, "stale");
    const built = temporaryFolder();
    for (const [from, to] of [
      [files.binding, "binding.node"],
      [files.capture, "capture.node"],
      [files.functions, "functions.node"],
      [files.kernels, "kernels.node"],
    ])
      writeFileSync(join(built, to), readFileSync(from));
    for (const object of Object.keys(instructionSets)) write(join(built, `${object}.o`));
    const cxx = fakeCommand("cxx", `for out; do :; done\ncp "${built}/$(basename "$out")" "$out"`);
    setEnv({ CXX: join(cxx, "cxx") });
    assert.match((await linkIfPresent(files))!, /^linked TensorFlow 2\.\d+\.\d+ \(.*\) in \d+ s$/);
    assert.equal(nativeStatus(files).state, "linked");
    assert.equal(await linkIfPresent(files), null);
  });

  test("is undone by removing, and removing twice finds nothing more", () => {
    setEnv({ FROSTKIT_CACHE: temporaryFolder() });
    const fetched = write(join(process.env.FROSTKIT_CACHE!, "tensorflow/tensorflow/__init__.py"));
    assert.deepEqual(removeNative(files), [
      files.binding,
      files.capture,
      files.functions,
      files.kernels,
      files.stamp,
      join(process.env.FROSTKIT_CACHE!, "tensorflow"),
    ]);
    assert.ok(!existsSync(fetched));
    assert.equal(nativeStatus(files).state, "absent");
    assert.deepEqual(removeNative(files), []);
  });
});
