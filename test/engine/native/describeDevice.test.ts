import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { describeDevice } from "../../../src/engine/native/describeDevice";
import { inspectTensorflow } from "../../../src/engine/native/inspectTensorflow";
import { kernelAdvice } from "../../../src/engine/native/kernelAdvice";
import { fakeCommand, fakeWheel, setEnv, temporaryFolder } from "./fakes";

const { PATH, CUDA_VISIBLE_DEVICES } = process.env;
afterEach(() => setEnv({ PATH, CUDA_VISIBLE_DEVICES }));

/** A machine with these GPUs, each "Tesla T4, 7.5". */
function machine(...gpus: string[]): void {
  const lines = gpus.map((gpu, i) => {
    const [name, capability] = gpu.split(", ");
    return `echo '${i}, GPU-${i}, ${name}, 15360, 15101, ${capability}'`;
  });
  setEnv({ PATH: `${fakeCommand("nvidia-smi", lines.join("\n"))}:${PATH}`, CUDA_VISIBLE_DEVICES: undefined });
}

const wheel = inspectTensorflow(
  fakeWheel(temporaryFolder(), {
    version: "2.20.0",
    cuda: "12.5.1",
    capabilities: ["sm_70", "sm_80", "compute_90"],
  }),
)!;

test("A GPU is named; of two, as on Kaggle, it is the last, and how to pick is said", async () => {
  machine("Tesla T4, 7.5");
  assert.equal(await describeDevice(true, wheel), "GPU Tesla T4");
  machine("Tesla T4, 7.5", "Tesla T4, 7.5");
  assert.equal(await describeDevice(true, wheel), "GPU Tesla T4, the last of 2 (CUDA_VISIBLE_DEVICES picks)");
  setEnv({ CUDA_VISIBLE_DEVICES: "0" });
  assert.equal(await describeDevice(true, wheel), "GPU Tesla T4");
});

test("A GPU that TensorFlow lists and has no kernels for gets a line before anything is trained", async () => {
  machine("Tesla P100-PCIE-16GB, 6.0");
  const line = await describeDevice(true, wheel);
  assert.match(
    line,
    /^GPU Tesla P100-PCIE-16GB; TensorFlow 2\.20\.0 has no kernels for GPU Tesla P100-PCIE-16GB \(sm_60\), but for sm_70, .*: CUDA_VISIBLE_DEVICES=-1 has it compute on the processor/,
  );
  assert.equal(line, `GPU Tesla P100-PCIE-16GB; ${await kernelAdvice(wheel)}`);
});

test("Where the last of two GPUs has no kernels, the other one is pointed at", async () => {
  machine("Tesla T4, 7.5", "Tesla P100-PCIE-16GB, 6.0");
  assert.match((await kernelAdvice(wheel))!, /: CUDA_VISIBLE_DEVICES=0 has it compute on GPU Tesla T4; /);
});

test("Without a GPU, or where a TensorFlow computes on the processor, no kernels are asked for", async () => {
  setEnv({ PATH: temporaryFolder() });
  assert.equal(await kernelAdvice(wheel), null);
  machine("Tesla P100-PCIE-16GB, 6.0");
  assert.match(await describeDevice(false, wheel), /^CPU [^;]+$/);
});
