import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { FrostError } from "../../errors";
import { cacheFolder } from "../../files/cacheFolder";
import { freeBytes } from "../../files/freeBytes";
import { refuseOffline } from "../../packages/refuseOffline";
import { gigabytes } from "../../text/numbers";
import { explainFileError } from "./explainFileError";
import { explainPipError } from "./explainPipError";
import { inspectTensorflow } from "./inspectTensorflow";
import { runPython } from "./runPython";
import type { Tensorflow } from "./Tensorflow";

/**
 * Fetches TensorFlow with pip into the kit's cache folder: with CUDA for a machine with an NVIDIA GPU, else the build for
 * processors alone, whose wheel needs no other package, since only its libraries and headers are used. pip goes by the user's
 * own configuration; what it writes on its way stays in the cache folder, too.
 */
export async function fetchTensorflow({ gpu }: { gpu: boolean }): Promise<Tensorflow> {
  // Told to ask no index, pip takes what lies on this machine.
  if (!process.env.PIP_NO_INDEX) refuseOffline();
  const folder = cacheFolder("tensorflow");
  const partial = `${folder}.partial`;
  const requirement = gpu ? "tensorflow[and-cuda]" : process.arch === "x64" ? "tensorflow-cpu" : "tensorflow";
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    checkRoom(partial, gpu ? 9 : 2);
    const options = ["--no-cache-dir", "--no-compile", "--only-binary=:all:", "--disable-pip-version-check"];
    const args = [
      ["-m", "pip", "install", ...options, "--target", join(partial, "packages")],
      gpu ? [] : ["--no-deps"],
      [`${requirement}<3`],
    ].flat();
    const outcome = await runPython(args, { env: { ...process.env, TMPDIR: partial }, show: true });
    if (outcome.code !== 0) throw new FrostError(explainPipError(requirement, outcome));
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(partial, "packages"), folder);
  } catch (error) {
    throw explainFileError(error, dirname(folder));
  } finally {
    if (existsSync(partial)) rmSync(partial, { recursive: true, force: true });
  }
  const tensorflow = inspectTensorflow(folder);
  if (tensorflow === null) throw new FrostError(`pip fetched no TensorFlow into ${folder}`);
  return tensorflow;
}

/** Fails before the download, not after half an hour of it. For a while wheels and their contents take `needed` GB together. */
function checkRoom(folder: string, needed: number): void {
  const free = freeBytes(folder);
  if (free < 1e9 * needed)
    throw new FrostError(
      `the disk of ${folder} is too full: ${needed} GB are needed and ${gigabytes(free)} GB are free; ` +
        "name a folder on another disk in FROSTKIT_CACHE",
    );
}
