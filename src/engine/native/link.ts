import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTemporaryFolder } from "../../files/withTemporaryFolder";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { compileBinding } from "./compileBinding";
import { explainFileError } from "./explainFileError";
import { type Proof, prove } from "./prove";
import { makeStamp } from "./stamp";
import type { Tensorflow } from "./Tensorflow";

/**
 * Builds tfjs-node-gpu's binding for a TensorFlow, tries it, and only then puts it in its place: whatever fails leaves the one
 * before as it was. Writes nothing outside tfjs-node-gpu's folder.
 */
export async function link(tensorflow: Tensorflow, files: BindingFiles = bindingFiles()): Promise<Proof> {
  try {
    mkdirSync(files.folder, { recursive: true });
    return await withTemporaryFolder(join(files.folder, `${STAGING}build`), (staging) =>
      build(tensorflow, files, staging),
    );
  } catch (error) {
    throw explainFileError(error, files.folder);
  }
}

async function build(tensorflow: Tensorflow, files: BindingFiles, staging: string): Promise<Proof> {
  const built = await compileBinding(tensorflow, files, staging);
  const proof = await prove(built.binding, files, built.kernels);
  const known = { ...tensorflow, version: tensorflow.version ?? proof.version };
  writeFileSync(
    join(staging, "stamp"),
    `${JSON.stringify(makeStamp(known, files, built.binding), null, 2)}\n`,
  );
  renameSync(built.capture, files.capture);
  renameSync(built.functions, files.functions);
  renameSync(built.kernels, files.kernels);
  renameSync(built.binding, files.binding);
  renameSync(join(staging, "stamp"), files.stamp);
  return proof;
}

/** How the names of folders begin in which a build is under way. */
export const STAGING = ".frostkit-";
