import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { FrostError } from "../../errors";
import { replaceFile } from "../../files/replaceFile";
import { claimUnfinished, findAbandoned, releaseUnfinished } from "../../files/unfinished";
import { refuseOffline } from "../../packages/refuseOffline";
import { runCommand } from "../../packages/runCommand";
import { type BindingFiles, bindingFiles } from "./bindingFiles";
import { explainFileError } from "./explainFileError";
import { STAGING } from "./link";
import { type Proof, prove } from "./prove";

/**
 * Runs tfjs-node-gpu's own installation, which downloads the TensorFlow it was published for (2.9.1 and CUDA 11.2, of 2022) and
 * a binding built for that, and tries it.
 */
export async function installOfficial(files: BindingFiles = bindingFiles()): Promise<Proof> {
  refuseOffline();
  const stem = join(files.folder, `${STAGING}aside`);
  // Of an installation that was killed.
  for (const left of findAbandoned(stem, ENDING)) putBack(left, files);
  const manifest = join(files.package, MANIFEST);
  const text = readFileSync(manifest);
  const builder = require.resolve("@mapbox/node-pre-gyp/package.json", { paths: [files.package] });
  const commands = join(dirname(builder), "../../.bin");
  const own = [files.binding, files.capture, files.functions, files.kernels, files.stamp].filter((file) =>
    existsSync(file),
  );
  const aside = claimUnfinished(stem, ENDING);
  replaceFile(join(aside, MANIFEST), text);
  try {
    // The script would leave a binding that it finds as it is.
    for (const file of own) renameSync(file, join(aside, basename(file)));
    const outcome = await runCommand(
      process.execPath,
      [join(files.package, "scripts/install.js"), "gpu", "download"],
      {
        cwd: files.package,
        env: { ...process.env, PATH: `${commands}${delimiter}${process.env.PATH ?? ""}` },
        show: true,
      },
    );
    if (outcome.code !== 0 || !existsSync(files.binding)) throw new FrostError(explain(outcome.stderr));
    return await prove(files.binding, files);
  } catch (error) {
    rmSync(join(files.package, "deps"), { recursive: true, force: true });
    putBack(aside, files);
    throw explainFileError(error, files.package);
  } finally {
    // The script writes the binding's address into it for a while, and for good where the download fails.
    replaceFile(manifest, text);
    rmSync(aside, { recursive: true, force: true });
    releaseUnfinished(aside);
  }
}

const MANIFEST = "package.json";
const ENDING = ".tmp";

/** Brings back what was put aside, and takes the folder away where it lay. */
function putBack(aside: string, files: BindingFiles): void {
  for (const name of existsSync(aside) ? readdirSync(aside) : [])
    if (!name.startsWith("."))
      renameSync(join(aside, name), join(name === MANIFEST ? files.package : files.folder, name));
  rmSync(aside, { recursive: true, force: true });
}

function explain(output: string): string {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|socket hang up/.test(output))
    return (
      "no network: tfjs-node-gpu's own download is at storage.googleapis.com; offline, frostkit native links a " +
      "TensorFlow that is installed"
    );
  if (/ENOSPC|EDQUOT|No space left/.test(output)) return "the disk of node_modules is full: 2 GB are needed";
  const line = /^.*\b(?:[Ee]rror|ERR!)\b.*$/m.exec(output)?.[0] ?? "it left no binding";
  return `tfjs-node-gpu's own installation failed: ${line.trim()} (FROSTKIT_DEBUG=1 shows all it says)`;
}
