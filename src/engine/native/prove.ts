import { extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { FrostError } from "../../errors";
import { runCommand } from "../../packages/runCommand";
import type { BindingFiles } from "./bindingFiles";
import { explainLoadError } from "./explainLoadError";

export interface Proof {
  /** What the library itself calls its version. */
  version: string;
  /** Whether it computes on a GPU. */
  gpu: boolean;
  /** What TensorFlow warned of while it started. */
  warnings: string[];
}

/**
 * Loads a binding, with the addon of `kernels` where there is one, in a process of its own, and has it compute what a model needs. Throws
 * in one line what is wrong where it does not load, dies or computes something else than plain JavaScript does.
 */
export async function prove(binding: string, files: BindingFiles, kernels?: string): Promise<Proof> {
  const child = join(__dirname, `proofProcess${extname(__filename)}`);
  const loader = child.endsWith(".ts") ? ["--import", pathToFileURL(require.resolve("tsx")).href] : [];
  const outcome = await runCommand(
    process.execPath,
    [...loader, child, files.package, binding, ...(kernels ? [kernels] : [])],
    {
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "1", TF_FORCE_GPU_ALLOW_GROWTH: "true" },
      // A GPU of a kind unknown to TensorFlow has its kernels compiled at first use, which takes minutes.
      timeout: 900_000,
    },
  );
  const { code, signal, stdout, stderr } = outcome;
  if (signal === "SIGILL" || /compiled to use (\S+) instructions/.test(stderr))
    throw new FrostError(
      "this TensorFlow uses instructions that this processor lacks (AVX); install a build of TensorFlow made for it",
    );
  if (signal !== null)
    throw new FrostError(
      `TensorFlow died while it was tried (${signal}): ${lastLine(stderr)}; is there memory left (1 GB is needed)?`,
    );
  const answer = /^frostkit: (.*)$/m.exec(stdout)?.[1];
  if (code !== 0 || answer === undefined)
    throw new FrostError(`TensorFlow failed when tried: ${lastLine(stderr)}`);
  const { failure, wrong, ...proof } = JSON.parse(answer);
  if (failure !== undefined) throw new FrostError(explainLoadError(failure));
  if (wrong !== undefined)
    throw new FrostError(
      `TensorFlow ${proof.version} computes wrongly what plain JavaScript computes rightly: ${wrong}${proof.gpu ? OTHER_DEVICE : ""}`,
    );
  return { ...proof, warnings: warningsIn(stderr) };
}

const OTHER_DEVICE =
  "; CUDA_VISIBLE_DEVICES=-1 has it compute on the processor, and another number than that of the last GPU on that one";

/** In both of TensorFlow's forms: "W0000 00:00:1.5 7 file.cc:1] text" and "2024-01-01 00:00:00.5: W file.cc:1] text". */
function warningsIn(stderr: string): string[] {
  return stderr
    .split("\n")
    .filter((line) => /^[WE]\d{4} \d\d:|^\d{4}-\d\d-\d\d [\d:.]+: [WE] /.test(line))
    .map((line) => line.replace(/^.*?\] /, ""));
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) || "it said nothing";
}
