import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import util from "node:util";
import { bindingFiles } from "../../../src/engine/native/bindingFiles";
import { loadTensorflow } from "../../../src/engine/native/loadTensorflow";
import { nativeStatus } from "../../../src/engine/native/nativeStatus";
import { restoreNodeUtil } from "../../../src/engine/native/restoreNodeUtil";
import { FrostError } from "../../../src/errors";
import { runCommand } from "../../../src/packages/runCommand";
import { nodeModules, packageCopy, temporaryFolder, write } from "./fakes";

function fakePackage() {
  const folder = temporaryFolder();
  write(join(folder, "package.json"), '{"version": "4.22.0"}');
  return bindingFiles(folder);
}

test("Without a binding the error says which command builds it", () => {
  assert.throws(() => loadTensorflow(fakePackage()), {
    name: "FrostError",
    message:
      "tfjs-node-gpu's native binding is not built; npx frostkit native builds it where a TensorFlow is installed, native --pip fetches one",
  });
});

test("A binding that does not load is explained in one line, with the loader's own words as the cause", () => {
  const files = fakePackage();
  write(files.binding, "no library");
  assert.throws(
    () => loadTensorflow(files),
    (error: Error) => {
      assert.ok(error instanceof FrostError);
      assert.match(error.message, /^the binding is not one for .*; run frostkit native on this machine$/);
      assert.match((error.cause as Error).message, /tfjs_binding\.node/);
      return true;
    },
  );
});

test("Kernels that another version of the kit compiled are left out, and the engine says so", async (t) => {
  const { state } = nativeStatus();
  if (state !== "linked") return t.skip(`the binding here is ${state}`);
  const real = bindingFiles();
  const copy = packageCopy({ whole: true });
  cpSync(real.folder, copy.folder, { recursive: true });
  const tried = async () => {
    const code = [
      `const { loadTensorflow, addonLoaded, addonStale } = require(${JSON.stringify(require.resolve("../../../src/engine/native/loadTensorflow"))});`,
      `const { bindingFiles } = require(${JSON.stringify(require.resolve("../../../src/engine/native/bindingFiles"))});`,
      `loadTensorflow(bindingFiles(${JSON.stringify(copy.package)}));`,
      "console.log(JSON.stringify([addonLoaded(), addonStale()]));",
    ].join("\n");
    const {
      code: exit,
      stdout,
      stderr,
    } = await runCommand(
      process.execPath,
      ["--import", pathToFileURL(require.resolve("tsx")).href, "-e", code],
      { env: { ...process.env, NODE_PATH: nodeModules } },
    );
    assert.equal(exit, 0, stderr);
    return JSON.parse(stdout.trim().split("\n").at(-1)!);
  };
  assert.deepEqual(await tried(), [true, false]);
  const stamp = JSON.parse(readFileSync(copy.stamp, "utf8"));
  writeFileSync(copy.stamp, JSON.stringify({ ...stamp, kernels: "of other sources" }));
  assert.deepEqual(await tried(), [false, true]);
});

test("The two functions that Node 23 removed are back, and do what they did", () => {
  restoreNodeUtil();
  const { isNullOrUndefined, isArray } = util as unknown as Record<string, (x: unknown) => boolean>;
  assert.deepEqual([null, undefined, 0, "", []].map(isNullOrUndefined), [true, true, false, false, false]);
  assert.deepEqual([[], {}, "text"].map(isArray), [true, false, false]);
});
