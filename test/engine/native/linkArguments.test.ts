import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { linkArguments } from "../../../src/engine/native/compileBinding";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { fakeWheel, noCompiler, temporaryFolder, write } from "./fakes";

/** Compiles a shared library that is called by its file's name. */
function library(path: string, source: string, args: string[] = []): string {
  mkdirSync(dirname(path), { recursive: true });
  const file = write(join(temporaryFolder(), "source.cc"), source);
  const name = path.split("/").at(-1);
  const flags = ["-shared", "-fPIC", "-DNAPI_VERSION=8", "-I", require("node-api-headers").include_dir];
  const { status, stderr } = spawnSync("g++", [...flags, `-Wl,-soname,${name}`, file, ...args, "-o", path]);
  assert.equal(status, 0, String(stderr));
  return path;
}

/** As TensorFlow does: opens CUDA's libraries by name alone, while it runs. */
const OPENS = `
#include <dlfcn.h>
extern "C" int open_cuda() { return !!dlopen("libcudart.so.12", RTLD_LAZY) + 2 * !!dlopen("libcudnn.so.9", RTLD_LAZY); }`;

const BINDING = `
#include <node_api.h>
extern "C" int open_cuda();
static napi_value Init(napi_env env, napi_value exports) {
  napi_value found;
  napi_create_int32(env, open_cuda(), &found);
  napi_set_named_property(env, exports, "found", found);
  return exports;
}
NAPI_MODULE(binding, Init)`;

/** A site-packages folder with a TensorFlow and CUDA of this kind, its name not kind to shells; and a binding linked to it. */
function linked({ skipCuda = false } = {}) {
  const site = join(temporaryFolder(), "site, $HOME 'packages'");
  const folder = fakeWheel(site, { cuda: "12.5.1" });
  library(join(folder, "libtensorflow_cc.so.2"), "");
  library(join(folder, "libtensorflow_framework.so.2"), OPENS);
  library(join(site, "nvidia/cublas/lib/libcublas.so.12"), 'extern "C" int cublas() { return 12; }');
  library(join(site, "nvidia/cuda_runtime/lib/libcudart.so.12"), "");
  // Needs a library of another wheel, as cuDNN does.
  library(
    join(site, "nvidia/cudnn/lib/libcudnn.so.9"),
    'extern "C" int cublas(); extern "C" int cudnn() { return cublas(); }',
    [join(site, "nvidia/cublas/lib/libcublas.so.12")],
  );
  const tensorflow = inspectTensorflow(site)!;
  const cudaLibraries = skipCuda ? [] : tensorflow.cudaLibraries;
  const binding = library(
    join(temporaryFolder(), "binding.node"),
    BINDING,
    linkArguments({ ...tensorflow, cudaLibraries }),
  );
  return { site, binding };
}

/** How many of CUDA's libraries TensorFlow opens: 1 for cudart, 2 for cuDNN. */
function load(binding: string, env: NodeJS.ProcessEnv = {}) {
  const code = "try { console.log(require(process.argv[1]).found) } catch (e) { console.log(e.message) }";
  const { LD_LIBRARY_PATH, ...rest } = process.env;
  return spawnSync(process.execPath, ["-e", code, binding], {
    env: { ...rest, ...env },
    encoding: "utf8",
  }).stdout.trim();
}

test("CUDA of Python's wheels is opened by name from TensorFlow without LD_LIBRARY_PATH", {
  skip: noCompiler,
}, () => {
  assert.equal(load(linked({ skipCuda: true }).binding), "0", "TensorFlow would not find it by itself");
  assert.equal(load(linked().binding), "3");
});

test("A library of CUDA that went makes the binding say so; LD_LIBRARY_PATH can name another", {
  skip: noCompiler,
}, () => {
  const { site, binding } = linked();
  rmSync(join(site, "nvidia/cudnn/lib/libcudnn.so.9"));
  assert.match(load(binding), /^libcudnn\.so\.9: cannot open shared object file/);
  const elsewhere = temporaryFolder();
  library(join(elsewhere, "libcudnn.so.9"), "");
  assert.equal(load(binding, { LD_LIBRARY_PATH: elsewhere }), "3");
});
