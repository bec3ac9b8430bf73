import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after } from "node:test";
import { type BindingFiles, bindingFiles } from "../../../src/engine/native/bindingFiles";
import { findTensorflow } from "../../../src/engine/native/findTensorflow";
import type { Tensorflow } from "../../../src/engine/native/Tensorflow";
import { HEADERS, write } from "./fakeWheel";

export { fakeWheel, write } from "./fakeWheel";

const root = realpathSync(mkdtempSync(join(tmpdir(), "frostkit-native-")));
after(() => rmSync(root, { recursive: true, force: true }));

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  return mkdtempSync(join(root, "x"));
}

/** A command that a shell runs: its folder, to be put on the PATH. */
export function fakeCommand(name: string, body: string): string {
  const folder = temporaryFolder();
  const path = write(join(folder, name), `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return folder;
}

/** Sets environment variables for one file's tests; undefined takes one away. */
export function setEnv(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** The C library as its archive and conda lay it out. */
export function fakePrefix(prefix: string): string {
  for (const file of ["libtensorflow.so.2", "libtensorflow_framework.so.2"]) write(join(prefix, "lib", file));
  for (const header of HEADERS) write(join(prefix, "include", header));
  return prefix;
}

/** An installed tfjs-node-gpu without a binding. Its sources are the real ones, and `whole` copies what runs as well. */
export function packageCopy({ whole = false } = {}): BindingFiles {
  const real = bindingFiles();
  const copy = join(temporaryFolder(), "node_modules/@tensorflow/tfjs-node-gpu");
  const built = ["lib", "deps", ...(whole ? [] : ["dist", "src"])];
  cpSync(real.package, copy, {
    recursive: true,
    filter: (path) =>
      dirname(path) !== real.package ||
      !(built.includes(basename(path)) || basename(path).startsWith("build-tmp")),
  });
  return bindingFiles(copy);
}

/** The folder in which tfjs-node-gpu's dependencies are found; for NODE_PATH. */
export const nodeModules = join(bindingFiles().package, "../..");

/** Why C++ cannot be compiled here; false where it can. */
export const noCompiler: string | false =
  spawnSync("g++", ["--version"]).status === 0 ? false : "there is no g++ on this machine";

/** The TensorFlow of this machine, or why it cannot be linked to. */
export async function realTensorflow(): Promise<Tensorflow | string> {
  if (noCompiler) return noCompiler;
  const { tensorflow, unfit } = await findTensorflow();
  return tensorflow ?? unfit[0] ?? "no TensorFlow is installed, and FROSTKIT_TENSORFLOW names none";
}
