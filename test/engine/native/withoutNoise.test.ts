import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { withoutLogLines } from "../../../src/engine/native/withoutNoise";
import { noCompiler, temporaryFolder, write } from "./fakes";

const NOISE = [
  "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
  "I0000 00:00:1795228370.863141   15891 port.cc:153] oneDNN custom operations are on.",
  "W0000 00:00:1737317404.258825   10111 gpu_device.cc:2344] Cannot dlopen some GPU libraries.",
  "2024-10-30 22:44:42.456316: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.",
  "E0000 00:00:1758131045.203198 37 cuda_dnn.cc:8579] Unable to register cuDNN factory: Attempting to register factory " +
    "for plugin cuDNN when one has already been registered",
];
const ERRORS = [
  "E0000 00:00:1758131045.203198 37 cuda_executor.cc:1228] INTERNAL: CUDA Runtime error: out of memory",
  "F0000 00:00:1758131045.203198 37 cpu_feature_guard.cc:37] compiled to use AVX instructions",
  "2024-10-30 22:44:42.456316: E external/local_xla/cuda_driver.cc:274] failed call to cuInit",
  "what another library writes",
];

test("Lines of information and warnings go, errors and whatever else was written stay in order", () => {
  const mixed = [NOISE[0], ERRORS[0], ...NOISE.slice(1), ...ERRORS.slice(1)];
  assert.equal(withoutLogLines(`${mixed.join("\n")}\n`), `${ERRORS.join("\n")}\n`);
  assert.equal(withoutLogLines(`${NOISE.join("\n")}\n`), "");
  assert.equal(withoutLogLines(""), "");
});

describe("The addon that holds stderr back", { skip: noCompiler }, () => {
  const capture = join(temporaryFolder(), "capture.node");
  const source = join(__dirname, "../../../src/engine/native");

  before(() => {
    const { include_dir } = require("node-api-headers");
    const args = [
      "-shared",
      "-fPIC",
      "-DNAPI_VERSION=8",
      "-DNODE_GYP_MODULE_NAME=frostkit",
      "-I",
      include_dir,
    ];
    const { status, stderr } = spawnSync("g++", [...args, join(source, "captureStderr.cc"), "-o", capture]);
    assert.equal(status, 0, String(stderr));
  });

  /** Runs lines with `load(text)` at hand, which writes to stderr as a library does, past Node's streams. */
  function run(code: string) {
    const file = write(
      join(temporaryFolder(), "run.ts"),
      `import { writeSync } from "node:fs";
      import { withoutNoise } from ${JSON.stringify(join(source, "withoutNoise"))};
      const NOISE = ${JSON.stringify(NOISE[1])};
      const quietly = <T>(load: () => T) => withoutNoise(${JSON.stringify(capture)}, load);
      const library = (text: string) => writeSync(2, text + "\\n");
      ${code}`,
    );
    return spawnSync(process.execPath, ["--import", "tsx", file], { encoding: "utf8" });
  }

  test("sifts what a library writes while it loads, and hands stderr back", () => {
    const { stderr, stdout, status } = run(
      `console.log(quietly(() => { library(NOISE); library("an error"); return "loaded"; }));
      library("later");
      quietly(() => library("again " + "x".repeat(10_000)));`,
    );
    assert.equal(status, 0);
    assert.equal(stdout, "loaded\n");
    assert.equal(stderr, `an error\nlater\nagain ${"x".repeat(10_000)}\n`);
  });

  test("hands stderr back when loading fails, and the failure is thrown", () => {
    const { stderr, stdout } = run(
      `try { quietly(() => { library("before it failed"); throw new Error("no such library"); }); }
      catch (error) { console.log((error as Error).message); }
      library("later");`,
    );
    assert.equal(stdout, "no such library\n");
    assert.equal(stderr, "before it failed\nlater\n");
  });

  test("lets a library that dies while it loads say why", () => {
    const { stderr, signal } = run(`quietly(() => { library("no AVX here"); process.abort(); });`);
    assert.equal(signal, "SIGABRT");
    assert.match(stderr, /^no AVX here\n/);
  });

  test("is not needed: without it everything is loaded, and shown", () => {
    const { stderr } = run(`withoutNoise("/nowhere/capture.node", () => library(NOISE));`);
    assert.equal(stderr, `${NOISE[1]}\n`);
  });
});
