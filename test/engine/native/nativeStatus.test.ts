import assert from "node:assert/strict";
import { rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { type BindingFiles, bindingFiles } from "../../../src/engine/native/bindingFiles";
import { hashFunctions } from "../../../src/engine/native/compileFunctions";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { isLinkedTo, nativeStatus } from "../../../src/engine/native/nativeStatus";
import { makeStamp } from "../../../src/engine/native/stamp";
import type { Tensorflow } from "../../../src/engine/native/Tensorflow";
import { fakePrefix, fakeWheel, setEnv, temporaryFolder, write } from "./fakes";

const named = process.env.FROSTKIT_TENSORFLOW;
setEnv({ FROSTKIT_TENSORFLOW: undefined });
afterEach(() => setEnv({ FROSTKIT_TENSORFLOW: undefined }));
process.on("exit", () => setEnv({ FROSTKIT_TENSORFLOW: named }));

/** A package with a binding that is linked to a wheel with CUDA. */
function linked(): { files: BindingFiles; site: string; tensorflow: Tensorflow } {
  const site = temporaryFolder();
  write(join(site, "nvidia/cudnn/lib/libcudnn.so.9"), "cudnn");
  fakeWheel(site, { version: "2.20.0", cuda: "12.5.1" });
  const tensorflow = inspectTensorflow(site)!;
  const files = fakePackage();
  stamp(files, tensorflow);
  return { files, site, tensorflow };
}

function fakePackage(): BindingFiles {
  const folder = temporaryFolder();
  write(join(folder, "package.json"), '{"version": "4.22.0"}');
  return bindingFiles(folder);
}

function stamp(files: BindingFiles, tensorflow: Tensorflow, version = tensorflow.version): void {
  write(files.binding, "binding");
  write(files.capture, "capture");
  write(files.kernels, "kernels");
  write(files.functions, `functions of ${hashFunctions()}`);
  write(files.stamp, JSON.stringify(makeStamp({ ...tensorflow, version }, files)));
}

test("A package without a binding is absent", () => {
  const status = nativeStatus(fakePackage());
  assert.deepEqual(status, { state: "absent", reason: "tfjs-node-gpu's native binding is not built" });
});

test("A binding with frostkit's stamp is linked, and names its TensorFlow", () => {
  const { files, tensorflow } = linked();
  const { folder } = tensorflow;
  assert.deepEqual(nativeStatus(files), {
    state: "linked",
    reason: `linked to TensorFlow 2.20.0 (${folder})`,
    tensorflow: { folder, version: "2.20.0", cuda: true },
  });
  assert.ok(isLinkedTo(tensorflow, files));
});

test("Functions of another version make it stale where they are used: with CUDA", () => {
  const { files, tensorflow } = linked();
  write(files.functions, "functions of another version");
  assert.deepEqual(
    [nativeStatus(files).state, nativeStatus(files).reason],
    ["stale", "frostkit's own functions have changed since"],
  );
  stamp(files, { ...tensorflow, cuda: false });
  assert.ok(isLinkedTo({ ...tensorflow, cuda: false }, files));
  write(files.functions, "functions of another version");
  assert.equal(nativeStatus(files).state, "linked");
  assert.equal(isLinkedTo({ ...tensorflow, cuda: false }, files), false, "frostkit native builds them");
});

test("A binding that frostkit did not make is official, also where it replaced one that frostkit made", () => {
  const files = fakePackage();
  write(files.binding, "by hand");
  assert.equal(nativeStatus(files).state, "official");
  const replaced = linked();
  writeFileSync(replaced.files.binding, "BINDING");
  assert.equal(nativeStatus(replaced.files).state, "official");
  write(replaced.files.stamp, "{ half a sta");
  assert.equal(nativeStatus(replaced.files).state, "official");
});

test("A library of TensorFlow or CUDA that changed, or went, makes it stale; touched by nobody, it is not", () => {
  for (const change of [
    (site: string) => writeFileSync(join(site, "tensorflow/libtensorflow_cc.so.2"), "of another version"),
    (site: string) => utimesSync(join(site, "tensorflow/libtensorflow_framework.so.2"), 1, 1),
    (site: string) => rmSync(join(site, "nvidia"), { recursive: true }),
    (site: string) => rmSync(join(site, "tensorflow"), { recursive: true }),
  ]) {
    const { files, site, tensorflow } = linked();
    assert.equal(nativeStatus(files).state, "linked");
    change(site);
    const { state, reason } = nativeStatus(files);
    assert.equal(state, "stale");
    assert.match(reason, /^TensorFlow 2\.20\.0 \(.*\) has changed since: .*\.so/);
    assert.equal(isLinkedTo(tensorflow, files), false);
  }
});

test("Another tfjs-node-gpu, machine or frostkit makes it stale, and so does a missing companion", () => {
  for (const [change, reason] of [
    [{ package: "4.21.0" }, /built for tfjs-node-gpu 4\.21\.0, and 4\.22\.0 is installed/],
    [{ platform: "linux-riscv64" }, /built for linux-riscv64/],
    [{ build: 0 }, /another version of frostkit/],
    [{ kernels: "of other sources" }, /frostkit's own kernels have changed/],
  ] as const) {
    const { files, tensorflow } = linked();
    write(files.stamp, JSON.stringify({ ...makeStamp(tensorflow, files), ...change }));
    const status = nativeStatus(files);
    assert.equal(status.state, "stale");
    assert.match(status.reason, reason);
  }
  for (const companion of ["capture", "kernels"] as const) {
    const { files } = linked();
    rmSync(files[companion]);
    assert.equal(nativeStatus(files).state, "stale");
  }
});

test("FROSTKIT_TENSORFLOW makes it stale where it names another, not where it names the same in another way", () => {
  const { files, site, tensorflow } = linked();
  const link = join(temporaryFolder(), "link");
  symlinkSync(site, link);
  for (const same of [tensorflow.folder, site, link]) {
    setEnv({ FROSTKIT_TENSORFLOW: same });
    assert.equal(nativeStatus(files).state, "linked", same);
  }
  const other = fakeWheel(temporaryFolder());
  setEnv({ FROSTKIT_TENSORFLOW: other });
  const { state, reason } = nativeStatus(files);
  assert.equal(state, "stale");
  assert.ok(reason.endsWith(`and FROSTKIT_TENSORFLOW names ${other}`), reason);
});

test("It is linked to one TensorFlow alone, and CUDA that was installed since counts as another", () => {
  const { files, site, tensorflow } = linked();
  fakeWheel(temporaryFolder());
  assert.equal(isLinkedTo(inspectTensorflow(fakeWheel(temporaryFolder()))!, files), false);
  write(join(site, "nvidia/cublas/lib/libcublas.so.12"));
  assert.equal(isLinkedTo(inspectTensorflow(tensorflow.folder)!, files), false);
});

test("A TensorFlow that told its version only when it was loaded is the same one next time", () => {
  const files = fakePackage();
  const tensorflow = inspectTensorflow(fakePrefix(temporaryFolder()))!;
  assert.equal(tensorflow.version, null);
  stamp(files, tensorflow, "2.18.0");
  assert.equal(nativeStatus(files).tensorflow?.version, "2.18.0");
  assert.ok(isLinkedTo(tensorflow, files));
});
