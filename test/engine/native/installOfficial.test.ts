import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bindingFiles } from "../../../src/engine/native/bindingFiles";
import { installOfficial } from "../../../src/engine/native/installOfficial";
import { FrostError } from "../../../src/errors";
import { temporaryFolder, write } from "./fakes";

const MANIFEST = '{\n  "version": "4.22.0",\n  "binary": {}\n}\n';

/** A tfjs-node-gpu whose installation is this script, as npm lays it out with the builder that it calls by name. */
function packageWith(script: string) {
  const modules = join(temporaryFolder(), "node_modules");
  write(join(modules, "@mapbox/node-pre-gyp/package.json"), "{}");
  write(join(modules, ".bin/node-pre-gyp"));
  const folder = join(modules, "@tensorflow/tfjs-node-gpu");
  write(join(folder, "package.json"), MANIFEST);
  write(join(folder, "scripts/install.js"), script);
  const files = bindingFiles(folder);
  write(files.binding, "the one before");
  write(files.stamp, "its stamp");
  return files;
}

test("The package's own script runs in its folder, for GPUs, and finds its builder; its binding is tried", async () => {
  const files = packageWith(`
    const fs = require("fs");
    fs.writeFileSync("called.json", JSON.stringify([process.argv.slice(2), process.env.PATH.split(":")[0]]));
    if (fs.existsSync("lib/napi-v8/tfjs_binding.node")) throw new Error("it would be left as it is");
    fs.writeFileSync("lib/napi-v8/tfjs_binding.node", "no library");`);
  await assert.rejects(installOfficial(files), /^FrostError: the binding is not one for /);
  const [args, path] = JSON.parse(readFileSync(join(files.package, "called.json"), "utf8"));
  assert.deepEqual(args, ["gpu", "download"]);
  assert.equal(path, join(files.package, "../../.bin"));
});

test("A download that fails leaves the binding of before, and the package's manifest as it was", async () => {
  for (const [said, expected] of [
    ["getaddrinfo ENOTFOUND storage.googleapis.com", /^no network: .*storage\.googleapis\.com/],
    ["write ENOSPC: no space left on device", /^the disk of node_modules is full/],
    ["Error: Unsupported system: gpu-linux-s390x", /own installation failed: Error: Unsupported system/],
  ] as const) {
    const files = packageWith(`
      require("fs").writeFileSync("package.json", "changed");
      require("fs").mkdirSync("deps");
      console.error(${JSON.stringify(said)});
      process.exit(1);`);
    await assert.rejects(installOfficial(files), (error: Error) => {
      assert.ok(error instanceof FrostError);
      assert.match(error.message, expected);
      return true;
    });
    assert.equal(readFileSync(join(files.package, "package.json"), "utf8"), MANIFEST);
    assert.equal(readFileSync(files.binding, "utf8"), "the one before");
    assert.ok(!existsSync(join(files.package, "deps")), "half a download is of no use");
    assert.deepEqual(readdirSync(files.folder).sort(), ["frostkit.json", "tfjs_binding.node"]);
  }
});

test("What an installation had put aside that was killed comes back with the next one", async () => {
  const files = packageWith("process.exit(1);");
  const host = hostname().replace(/[^\w.-]/g, "");
  const aside = join(files.folder, `.frostkit-aside.${host}-999999999-0.tmp`);
  write(join(aside, "tfjs_binding.node"), "put aside");
  write(join(aside, "package.json"), MANIFEST);
  write(join(files.package, "package.json"), "changed");
  write(files.binding, "half a download");
  await assert.rejects(installOfficial(files), /it left no binding/);
  assert.equal(readFileSync(join(files.package, "package.json"), "utf8"), MANIFEST);
  assert.equal(readFileSync(files.binding, "utf8"), "put aside");
  assert.deepEqual(readdirSync(files.folder).sort(), ["frostkit.json", "tfjs_binding.node"]);
});
