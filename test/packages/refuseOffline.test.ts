import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { installKit } from "../../src/cli/packing/installKit";
import { fetchTensorflow } from "../../src/engine/native/fetchTensorflow";
import { installOfficial } from "../../src/engine/native/installOfficial";
import { refuseOffline } from "../../src/packages/refuseOffline";

const { HF_HUB_OFFLINE, FROSTKIT_CACHE, PIP_NO_INDEX } = process.env;
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "frostkit-offline-"));
  process.env.FROSTKIT_CACHE = join(folder, "cache");
  process.env.HF_HUB_OFFLINE = "1";
  delete process.env.PIP_NO_INDEX;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  for (const [name, value] of Object.entries({ HF_HUB_OFFLINE, FROSTKIT_CACHE, PIP_NO_INDEX }))
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
});

test("Where the network is forbidden, what would fetch says so in one line before it does or writes anything", async () => {
  const nativePip = () => fetchTensorflow({ gpu: false });
  const nativeOfficial = () => installOfficial({} as never);
  const pack = () => installKit(folder);
  for (const run of [nativePip, nativeOfficial, pack])
    await assert.rejects(run, {
      name: "FrostError",
      message:
        "expected leave to use the network, which HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE forbids; unset it for this command",
    });
  assert.ok(!existsSync(join(folder, "cache")));
  assert.deepEqual(readdirSync(folder), []);
});

test("Where it is not forbidden nothing is refused", () => {
  process.env.HF_HUB_OFFLINE = "0";
  assert.doesNotThrow(() => refuseOffline());
});
