import assert from "node:assert/strict";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { whyNoGpu } from "../../../src/engine/native/whyNoGpu";
import { fakeCommand, fakeWheel, setEnv, temporaryFolder, write } from "./fakes";

const { PATH, LD_LIBRARY_PATH } = process.env;
afterEach(() => setEnv({ PATH, LD_LIBRARY_PATH }));

const proof = { version: "2.20.0", gpu: false, warnings: [] as string[] };
const TOOLKIT = [
  "libcudart.so.12",
  "libcublas.so.12",
  "libcufft.so.11",
  "libcusolver.so.11",
  "libcusparse.so.12",
];

/** A system whose loader knows these libraries. */
function ldconfig(libraries: string[]): void {
  const lines = libraries.map((name) => `echo '\t${name} (libc6,x86-64) => /usr/lib/${name}'`);
  setEnv({ PATH: fakeCommand("ldconfig", lines.join("\n") || ":"), LD_LIBRARY_PATH: undefined });
}

test("A TensorFlow without CUDA is the reason where it is one", async () => {
  const tensorflow = inspectTensorflow(fakeWheel(temporaryFolder()))!;
  assert.match(
    await whyNoGpu(tensorflow, proof),
    /^the GPU is not used: .*tensorflow is built without CUDA; pip install "tensorflow\[and-cuda\]"/,
  );
});

test("A library of CUDA that neither wheels nor the system nor LD_LIBRARY_PATH have is named, with the version to install", async () => {
  const site = temporaryFolder();
  fakeWheel(site, { version: "2.20.0", cuda: "12.5.1" });
  ldconfig(TOOLKIT);
  const why = async () => whyNoGpu(inspectTensorflow(site)!, proof);
  assert.match(
    await why(),
    /^the GPU is not used: libcudnn is not on the path; pip install "tensorflow\[and-cuda\]==2\.20\.0" brings it/,
  );

  const folder = temporaryFolder();
  write(join(folder, "libcudnn.so.9"));
  setEnv({ LD_LIBRARY_PATH: `/nowhere:${folder}` });
  assert.doesNotMatch(await why(), /libcudnn/);

  ldconfig(TOOLKIT);
  write(join(site, "nvidia/cudnn/lib/libcudnn.so.9"));
  assert.doesNotMatch(await why(), /libcudnn/);
});

test("Where all libraries are there, TensorFlow's own words are the reason", async () => {
  const site = temporaryFolder();
  fakeWheel(site, { cuda: "12.5.1" });
  ldconfig([...TOOLKIT, "libcudnn.so.9"]);
  const said = "failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected";
  const tensorflow = inspectTensorflow(site)!;
  assert.equal(
    await whyNoGpu(tensorflow, { ...proof, warnings: ["oneDNN is odd", said] }),
    `the GPU is not used: ${said} (TF_CPP_MIN_LOG_LEVEL=0 shows all that TensorFlow says)`,
  );
  assert.match(await whyNoGpu(tensorflow, proof), /^the GPU is not used: TensorFlow does not say why /);
});

test("A GPU that TensorFlow has no kernels for is the reason, before libraries are looked for; the choices are named", async () => {
  const site = temporaryFolder();
  fakeWheel(site, { version: "2.20.0", cuda: "12.5.1", capabilities: ["sm_70", "compute_90"] });
  ldconfig(TOOLKIT);
  const smi = fakeCommand("nvidia-smi", "echo '0, GPU-bbbb-2, Tesla P100-PCIE-16GB, 16384, 16000, 6.0'");
  setEnv({ PATH: `${smi}:${process.env.PATH}` });
  assert.equal(
    await whyNoGpu(inspectTensorflow(site)!, proof),
    "the GPU is not used: TensorFlow 2.20.0 has no kernels for GPU Tesla P100-PCIE-16GB (sm_60), but for sm_70, compute_90: " +
      "CUDA_VISIBLE_DEVICES=-1 has it compute on the processor; a TensorFlow built for sm_60 (an older one, as a rule) on this GPU",
  );
});
