import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import util from "node:util";
import { bindingFiles } from "../../../src/engine/native/bindingFiles";
import { loadTensorflow } from "../../../src/engine/native/loadTensorflow";
import { restoreNodeUtil } from "../../../src/engine/native/restoreNodeUtil";
import { FrostError } from "../../../src/errors";
import { temporaryFolder, write } from "./fakes";

function fakePackage() {
  const folder = temporaryFolder();
  write(join(folder, "package.json"), '{"version": "4.22.0"}');
  return bindingFiles(folder);
}

test("Without a binding the error says which command builds it", () => {
  assert.throws(() => loadTensorflow(fakePackage()), {
    name: "FrostError",
    message: "tfjs-node-gpu's native binding is not built; npx frostkit native builds it",
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

test("The two functions that Node 23 removed are back, and do what they did", () => {
  restoreNodeUtil();
  const { isNullOrUndefined, isArray } = util as unknown as Record<string, (x: unknown) => boolean>;
  assert.deepEqual([null, undefined, 0, "", []].map(isNullOrUndefined), [true, true, false, false, false]);
  assert.deepEqual([[], {}, "text"].map(isArray), [true, false, false]);
});
