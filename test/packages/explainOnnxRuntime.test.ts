import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { explainOnnxRuntime } from "../../src/packages/explainOnnxRuntime";
import { missingRuntime } from "../engine/onnxruntime/changedRuntime";

// As musl's loader says it of onnxruntime-node.
const error = new Error(
  "Error loading shared library ld-linux-x86-64.so.2: No such file or directory\nand more",
);
const said = (platform: string, arch: string, glibc?: string): string =>
  explainOnnxRuntime(error, { platform, arch, glibc }).message;

test("Where ONNX Runtime was never built the error says so, and which machine to take", () => {
  for (const arch of ["x64", "arm64"])
    assert.equal(
      said("linux", arch),
      "ONNX Runtime, which comes with Transformers.js, is not built for musl, the C library of Alpine: take an image with glibc, such as Debian's node:22-slim",
    );
  const otherMachine = (what: string) =>
    `ONNX Runtime, which comes with Transformers.js, is not built for ${what}: take a machine with Linux, Windows or an Apple processor`;
  assert.equal(said("darwin", "x64"), otherMachine("darwin on x64"));
  assert.equal(said("freebsd", "x64"), otherMachine("freebsd on x64"));
  assert.equal(said("linux", "riscv64", "2.36"), otherMachine("linux on riscv64"));
});

test("Where it was built the loader's own reason stands, in one line, and its error behind it", () => {
  const machines = [
    ["linux", "x64", "2.36"],
    ["linux", "arm64", "2.28"],
    ["darwin", "arm64"],
    ["win32", "x64"],
    ["win32", "arm64"],
  ] as const;
  for (const [platform, arch, glibc] of machines)
    assert.equal(
      said(platform, arch, glibc),
      "ONNX Runtime, which comes with Transformers.js, does not load: Error loading shared library ld-linux-x86-64.so.2: No such file or directory",
    );
  assert.equal(explainOnnxRuntime(error).cause, error);
});

test("Reading texts needs it as well: a tokenizer is refused with the same reason, and an image model is not", () => {
  const source = (name: string) => JSON.stringify(join(__dirname, "../../src", name));
  const fixture = (name: string) => JSON.stringify(join(__dirname, "../fixtures/models", name));
  const script = `
    const need = require;
    ${missingRuntime}
    const kit = require(${source("index")});
    (async () => {
      const log = () => {};
      await kit.useEngine("cpu");
      const { message } = await kit.loadTokenizer(kit.bundled("all-MiniLM-L6-v2")).catch((error) => error);
      const model = await kit.AutoModelForImageClassification.fromPretrained(${fixture("resnet18-narrow")}, { log });
      console.log(JSON.stringify({ message, stages: kit.listParams(model).length > 0 }));
    })();`;
  const output = execFileSync(process.execPath, ["--import", "tsx", "-e", script], { encoding: "utf8" });
  const { message, stages } = JSON.parse(output.trim().split("\n").at(-1)!);
  assert.match(message, /^ONNX Runtime.* does not load: libonnxruntime\.so\.1: cannot open$/);
  assert.equal(stages, true);
});
