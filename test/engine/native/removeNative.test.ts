import assert from "node:assert/strict";
import { existsSync, readdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { bindingFiles } from "../../../src/engine/native/bindingFiles";
import { removeNative } from "../../../src/engine/native/removeNative";
import { setEnv, temporaryFolder, write } from "./fakes";

const { FROSTKIT_CACHE } = process.env;
after(() => setEnv({ FROSTKIT_CACHE }));

test("Everything that frostkit or the package's own script made goes, and nothing else", () => {
  const [folder, cache, elsewhere] = [1, 2, 3].map(temporaryFolder);
  setEnv({ FROSTKIT_CACHE: cache });
  write(join(folder, "package.json"), '{"version": "4.22.0"}');
  write(join(folder, "dist/index.js"));
  const files = bindingFiles(folder);
  for (const file of [files.binding, files.capture, files.functions, files.kernels, files.stamp]) write(file);
  write(join(files.folder, ".frostkit-a1b2c3/binding.node"));
  const library = write(join(elsewhere, "libtensorflow_cc.so.2"));
  write(join(folder, "deps/include/keep.h"));
  symlinkSync(library, join(folder, "deps/libtensorflow.so"));
  for (const name of [
    "tensorflow/tensorflow/__init__.py",
    "tensorflow.partial/wheel",
    "frostkit-features-1/x",
  ])
    write(join(cache, name));

  const removed = removeNative(files);
  assert.ok(removed.every((path) => !existsSync(path)));
  assert.deepEqual(readdirSync(files.folder), []);
  assert.deepEqual(readdirSync(folder).sort(), ["dist", "lib", "package.json"]);
  assert.deepEqual(readdirSync(cache), ["frostkit-features-1"]);
  assert.ok(existsSync(library), "what a link points to stays");
  assert.deepEqual(removeNative(files), []);
});
