import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelsFor } from "../../../src/engine/native/kernelsFor";
import type { NvidiaGpu } from "../../../src/engine/native/nvidiaGpus";

const gpu = (name: string, capability: string | null): NvidiaGpu => ({
  name,
  capability,
  total: 16e9,
  free: 16e9,
});
const p100 = gpu("Tesla P100-PCIE-16GB", "6.0");
const t4 = gpu("Tesla T4", "7.5");
const h100 = gpu("NVIDIA H100", "9.0");

/** What wheels of TensorFlow are built for. */
const wheel = (...computeCapabilities: string[]) => ({ version: "2.20.0", computeCapabilities });
const OLD = wheel("sm_60", "sm_70", "sm_80", "sm_89", "compute_90");
const NEW = wheel("sm_70", "sm_80", "sm_89", "sm_90", "compute_100");

test("Kernels fit GPUs of their generation from their number on, and no other", () => {
  const states = (capability: string) =>
    [OLD, NEW].map((each) => kernelsFor(gpu("x", capability), each).state);
  assert.deepEqual(states("6.0"), ["ready", "none"]);
  assert.deepEqual(states("6.1"), ["ready", "none"]);
  assert.deepEqual(states("7.0"), ["ready", "ready"]);
  assert.deepEqual(states("7.5"), ["ready", "ready"]);
  assert.deepEqual(states("8.6"), ["ready", "ready"]);
  assert.deepEqual(states("5.2"), ["none", "none"]);
  assert.deepEqual(states("9.0"), ["compiled", "ready"]);
  assert.deepEqual(states("12.0"), ["compiled", "compiled"]);
  assert.equal(kernelsFor(gpu("x", "7.0"), wheel("sm_75")).state, "none");
  assert.equal(kernelsFor(gpu("x", "9.0"), wheel("sm_90a")).state, "ready");
});

test("Where a driver or a TensorFlow does not say, nothing is said", () => {
  assert.deepEqual(kernelsFor(gpu("Tesla K80", null), NEW), { state: "ready", line: null });
  assert.deepEqual(kernelsFor(p100, wheel()), { state: "ready", line: null });
  assert.equal(kernelsFor(t4, NEW).line, null);
});

test("A GPU without kernels is named with those that there are, and with what may be done", () => {
  assert.equal(
    kernelsFor(p100, NEW).line,
    "TensorFlow 2.20.0 has no kernels for GPU Tesla P100-PCIE-16GB (sm_60), but for sm_70, sm_80, sm_89, sm_90, compute_100: " +
      "CUDA_VISIBLE_DEVICES=-1 has it compute on the processor; a TensorFlow built for sm_60 (an older one, as a rule) on this GPU",
  );
  assert.match(
    kernelsFor(p100, NEW, [t4, p100]).line!,
    /: CUDA_VISIBLE_DEVICES=0 has it compute on GPU Tesla T4; CUDA_VISIBLE_DEVICES=-1 has/,
  );
  assert.match(kernelsFor(p100, { ...NEW, version: null }).line!, /^TensorFlow has no kernels/);
});

test("Kernels that are compiled at first use take minutes, which is said, and how to keep them", () => {
  assert.match(
    kernelsFor(h100, OLD).line!,
    /^TensorFlow 2\.20\.0 has its kernels compiled for GPU NVIDIA H100 \(sm_90\) at first use, which takes minutes: .*CUDA_CACHE_MAXSIZE/,
  );
});
