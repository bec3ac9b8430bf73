import assert from "node:assert/strict";
import { totalmem } from "node:os";
import { afterEach, beforeEach, test } from "node:test";
import { nvidiaGpus } from "../../../src/engine/native/nvidiaGpus";
import { formatDevice, tensorflowDevices } from "../../../src/engine/native/tensorflowDevices";
import { fakeCommand, setEnv, temporaryFolder } from "./fakes";

const { PATH, CUDA_VISIBLE_DEVICES } = process.env;
const smi = fakeCommand(
  "nvidia-smi",
  "echo '0, GPU-aaaa-1, Tesla T4, 15360, 15101, 7.5'; echo '1, GPU-bbbb-2, Tesla P100-PCIE-16GB, 16384, 16000, 6.0'",
);
beforeEach(() => setEnv({ PATH: `${smi}:${PATH}`, CUDA_VISIBLE_DEVICES: undefined }));
afterEach(() => setEnv({ PATH, CUDA_VISIBLE_DEVICES }));

test("nvidia-smi names the GPUs, their compute capability, their memory and what is free of it", async () => {
  assert.deepEqual(await nvidiaGpus(), [
    { name: "Tesla T4", capability: "7.5", total: 15360 * 2 ** 20, free: 15101 * 2 ** 20 },
    { name: "Tesla P100-PCIE-16GB", capability: "6.0", total: 16384 * 2 ** 20, free: 16000 * 2 ** 20 },
  ]);
});

test("A driver that is too old to know of compute capabilities names them all the same", async () => {
  const old = fakeCommand(
    "nvidia-smi",
    `case "$1" in *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;; esac
     echo '0, GPU-aaaa-1, Tesla K80, 11441, 11000'`,
  );
  setEnv({ PATH: `${old}:${PATH}` });
  assert.deepEqual(await nvidiaGpus(), [
    { name: "Tesla K80", capability: null, total: 11441 * 2 ** 20, free: 11000 * 2 ** 20 },
  ]);
});

test("CUDA_VISIBLE_DEVICES picks, orders and hides them as CUDA reads it", async () => {
  for (const [value, expected] of [
    ["1", ["Tesla P100-PCIE-16GB"]],
    ["1,0", ["Tesla P100-PCIE-16GB", "Tesla T4"]],
    ["GPU-aaaa", ["Tesla T4"]],
    ["0,7,1", ["Tesla T4"]],
    ["-1", []],
    ["", []],
  ] as const) {
    setEnv({ CUDA_VISIBLE_DEVICES: value });
    assert.deepEqual(
      (await nvidiaGpus()).map(({ name }) => name),
      expected,
      value,
    );
  }
});

test("Where nvidia-smi is missing, fails or says something else, there are none", async () => {
  for (const path of [
    temporaryFolder(),
    fakeCommand("nvidia-smi", "echo 'NVIDIA-SMI has failed because it could not reach the driver'; exit 9"),
    fakeCommand("nvidia-smi", "echo 'No devices were found'"),
  ]) {
    setEnv({ PATH: path });
    assert.deepEqual(await nvidiaGpus(), []);
  }
});

test("The device of a TensorFlow that uses no GPU is the processor with the system's memory, whatever GPUs there are", async () => {
  const [device, ...others] = await tensorflowDevices(false);
  assert.deepEqual(others, []);
  assert.equal(device.type, "CPU");
  assert.ok(device.inUse && device.name.length > 0);
  const { total, free } = device.memory!;
  assert.equal(total, totalmem());
  assert.ok(free > 0 && free < total);
  const memory = { total: 16e9, free: 12.34e9 };
  assert.equal(formatDevice({ ...device, memory }), `CPU ${device.name} (12.3 of 16.0 GB free)`);
});

test("Of several GPUs TensorFlow.js computes on the last", async () => {
  const devices = await tensorflowDevices(true);
  assert.deepEqual(
    devices.map(({ type, inUse }) => [type, inUse]),
    [
      ["GPU", false],
      ["GPU", true],
    ],
  );
  assert.equal(formatDevice(devices[0]), "GPU Tesla T4 (15.8 of 16.1 GB free)");
});

test("A GPU of which nvidia-smi knows nothing is a GPU all the same", async () => {
  setEnv({ PATH: temporaryFolder() });
  assert.deepEqual(await tensorflowDevices(true), [{ type: "GPU", name: "GPU", memory: null, inUse: true }]);
});
