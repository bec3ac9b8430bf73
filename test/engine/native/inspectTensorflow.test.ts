import assert from "node:assert/strict";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { FrostError } from "../../../src/errors";
import { fakePrefix, fakeWheel, temporaryFolder, write } from "./fakes";

const oneLine = (pattern: RegExp) => (error: Error) => {
  assert.ok(error instanceof FrostError);
  assert.doesNotMatch(error.message, /\n/);
  assert.match(error.message, pattern);
  return true;
};

test("A wheel's folder and the site-packages around it are the same TensorFlow", () => {
  const site = temporaryFolder();
  const folder = fakeWheel(site, { version: "2.21.0", distribution: "tensorflow_cpu" });
  const expected = {
    folder,
    version: "2.21.0",
    libraries: [join(folder, "libtensorflow_cc.so.2"), join(folder, "libtensorflow_framework.so.2")],
    include: join(folder, "include"),
    cuda: false,
    computeCapabilities: [],
    cudaLibraries: [],
  };
  assert.deepEqual(inspectTensorflow(folder), expected);
  assert.deepEqual(inspectTensorflow(site), expected);
});

test("A prefix with the C library will do as well", () => {
  const prefix = fakePrefix(temporaryFolder());
  const found = inspectTensorflow(prefix)!;
  assert.deepEqual(found.libraries, [
    join(prefix, "lib/libtensorflow.so.2"),
    join(prefix, "lib/libtensorflow_framework.so.2"),
  ]);
  assert.equal(found.include, join(prefix, "include"));
  assert.equal(found.version, null);
});

test("Where there is no TensorFlow the answer is null: an empty folder, one that is not there, one like it by name", () => {
  const folder = temporaryFolder();
  write(join(folder, "tensorflow/keep.txt"));
  assert.equal(inspectTensorflow(folder), null);
  assert.equal(inspectTensorflow(join(folder, "tensorflow")), null);
  assert.equal(inspectTensorflow(join(folder, "nowhere")), null);
});

test("The version stands in the wheel's metadata, not in that of its relatives, else in a header", () => {
  const site = temporaryFolder();
  const folder = fakeWheel(site, { version: "2.20.0rc1" });
  for (const name of ["tensorflow_datasets-4.9.3", "tensorflow_estimator-2.15.0", "tensorflow_io-0.37.0"])
    write(join(site, `${name}.dist-info/METADATA`));
  assert.equal(inspectTensorflow(folder)?.version, "2.20.0rc1");

  rmSync(join(site, "tensorflow-2.20.0rc1.dist-info"), { recursive: true });
  const lines = ["MAJOR_VERSION 2", "MINOR_VERSION 18", "PATCH_VERSION 1"].map(
    (line) => `#define TF_${line}`,
  );
  write(join(folder, "include/tensorflow/core/public/version.h"), lines.join("\n"));
  assert.equal(inspectTensorflow(folder)?.version, "2.18.1");
});

test("CUDA's libraries of the wheels beside it belong to a TensorFlow built for CUDA, and to no other", () => {
  const site = temporaryFolder();
  const cudart = write(join(site, "nvidia/cuda_runtime/lib/libcudart.so.12"));
  const cudnn = write(join(site, "nvidia/cudnn/lib/libcudnn.so.9"));
  assert.deepEqual(inspectTensorflow(fakeWheel(site))?.cudaLibraries, []);
  const found = inspectTensorflow(fakeWheel(site, { cuda: "12.5.1" }))!;
  assert.equal(found.cuda, true);
  assert.deepEqual(found.cudaLibraries, [cudart, cudnn]);
});

test("Which CUDA it is stands in the wheel's metadata too, should the build have left it out", () => {
  const site = temporaryFolder();
  write(join(site, "nvidia/cuda_runtime/lib/libcudart.so.12"));
  const thirteen = write(join(site, "nvidia/cu13/lib/libcudart.so.13"));
  const requires = 'Requires-Dist: nvidia-cuda-runtime<14,>=13.0.48; extra == "and-cuda"\n';
  assert.deepEqual(inspectTensorflow(fakeWheel(site, { requires }))?.cudaLibraries, [thirteen]);
});

test("A folder reached through a link is linked by its real name, from which TensorFlow looks for CUDA", () => {
  const site = temporaryFolder();
  const real = fakeWheel(site, { cuda: "12.5.1" });
  const cudart = write(join(site, "nvidia/cuda_runtime/lib/libcudart.so.12"));
  const link = join(temporaryFolder(), "tensorflow");
  symlinkSync(real, link);
  const found = inspectTensorflow(link)!;
  assert.equal(found.folder, link);
  assert.equal(found.libraries[0], join(real, "libtensorflow_cc.so.2"));
  assert.deepEqual(found.cudaLibraries, [cudart]);
});

test("A TensorFlow that cannot be linked to says what it lacks and what to do", () => {
  const site = temporaryFolder();
  const folder = fakeWheel(site, { version: "1.15.5" });
  assert.throws(
    () => inspectTensorflow(folder),
    oneLine(/^TensorFlow 1\.15\.5 in .*: expected TensorFlow 2; pip install -U/),
  );

  const headless = fakeWheel(temporaryFolder());
  rmSync(join(headless, "include/tensorflow/c/eager"), { recursive: true });
  assert.throws(
    () => inspectTensorflow(headless),
    oneLine(/no C headers: tensorflow\/c\/eager\/c_api\.h is missing .*pip install --force-reinstall/),
  );

  const old = fakeWheel(temporaryFolder(), { version: "2.8.0" });
  rmSync(join(old, "libtensorflow_cc.so.2"));
  assert.throws(
    () => inspectTensorflow(old),
    oneLine(/^TensorFlow 2\.8\.0 in .* has no libtensorflow_cc\.so\.2: .*since 2\.10; pip install -U/),
  );
});

test("The GPUs that a wheel has kernels for stand in its build_info.py", () => {
  const capabilities = ["sm_60", "sm_70", "sm_80", "sm_89", "compute_90"];
  const folder = fakeWheel(temporaryFolder(), { cuda: "12.5.1", capabilities });
  assert.deepEqual(inspectTensorflow(folder)?.computeCapabilities, capabilities);
  assert.deepEqual(
    inspectTensorflow(fakeWheel(temporaryFolder(), { cuda: "12.5.1" }))?.computeCapabilities,
    [],
  );
});
