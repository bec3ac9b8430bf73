import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after } from "node:test";
import { type BindingFiles, bindingFiles } from "../../../src/engine/native/bindingFiles";
import { findTensorflow } from "../../../src/engine/native/findTensorflow";
import type { Tensorflow } from "../../../src/engine/native/Tensorflow";

const root = realpathSync(mkdtempSync(join(tmpdir(), "frostkit-native-")));
after(() => rmSync(root, { recursive: true, force: true }));

/** A folder that is gone after the tests. */
export function temporaryFolder(): string {
  return mkdtempSync(join(root, "x"));
}

/** Writes a file and the folders above it; its path. */
export function write(path: string, text = ""): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
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

const HEADERS = ["tensorflow/c/c_api.h", "tensorflow/c/eager/c_api.h"];

/** What a wheel unpacks into a site-packages folder, as far as frostkit looks at it; the folder `tensorflow`. */
export function fakeWheel(
  site: string,
  {
    version = "2.20.0",
    distribution = "tensorflow",
    cuda = "",
    requires = "",
    capabilities = [] as string[],
  } = {},
): string {
  const folder = join(site, "tensorflow");
  for (const file of ["__init__.py", "libtensorflow_cc.so.2", "libtensorflow_framework.so.2"])
    write(join(folder, file));
  for (const header of HEADERS) write(join(folder, "include", header));
  const known =
    capabilities.length > 0
      ? `('cuda_compute_capabilities', [${capabilities.map((each) => `'${each}'`).join(", ")}]), `
      : "";
  const build = cuda
    ? `${known}('cuda_version', '${cuda}'), ('cudnn_version', '9'), ('is_cuda_build', True)`
    : `('is_cuda_build', ${requires ? "True" : "False"})`;
  write(
    join(folder, "python/platform/build_info.py"),
    `build_info = collections.OrderedDict([${build}, ('is_rocm_build', False)])\n`,
  );
  write(
    join(site, `${distribution}-${version}.dist-info`, "METADATA"),
    `Name: ${distribution}\nVersion: ${version}\n${requires}`,
  );
  return folder;
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
