import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { engineHash } from "../../src/engine/engineHash";
import { useEngine } from "../../src/engine/useEngine";

/** As a process of its own has it, on engine onnxruntime. */
function hashWith(env: NodeJS.ProcessEnv): string {
  const [engineHash, useEngine] = ["engineHash", "useEngine"].map((name) =>
    JSON.stringify(join(__dirname, "../../src/engine", name)),
  );
  const program = `const { useEngine } = require(${useEngine}); const { engineHash } = require(${engineHash});
    useEngine("onnxruntime").then(engineHash).then(console.log)`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  assert.match(stdout, /^[0-9a-f]{64}\n$/, stderr);
  return stdout.trim();
}

test("Every engine has a hash of its own, the same whenever it is asked", async () => {
  await useEngine("cpu");
  const cpu = await engineHash();
  await useEngine("onnxruntime");
  const onnxruntime = await engineHash();
  assert.match(onnxruntime, /^[0-9a-f]{64}$/);
  assert.notEqual(onnxruntime, cpu);
  await useEngine("cpu");
  assert.equal(await engineHash(), cpu);
});

test("Settings that choose among kernels or threads count, those of logging and of other programs do not", async () => {
  await useEngine("onnxruntime");
  const here = await engineHash();
  assert.equal(hashWith({}), here);
  assert.equal(hashWith({ TF_CPP_MIN_LOG_LEVEL: "1", LESS: "-R" }), here);
  const others = [{ TF_ENABLE_ONEDNN_OPTS: "0" }, { ONEDNN_MAX_CPU_ISA: "AVX2" }, { OMP_NUM_THREADS: "1" }];
  assert.equal(new Set([here, ...others.map(hashWith)]).size, 4);
});
