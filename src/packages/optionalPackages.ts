import { readFileSync } from "node:fs";
import { join } from "node:path";

const manifest = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));

/**
 * Packages that npm leaves out where their own install scripts download from elsewhere than the registry: tfjs-node-gpu's a
 * TensorFlow of 2022, that of onnxruntime-node (on which Transformers.js depends) its CUDA parts. The kit needs neither download.
 * The versions are those of package.json.
 */
export const OPTIONAL_PACKAGES = {
  "@tensorflow/tfjs-node-gpu": manifest.peerDependencies["@tensorflow/tfjs-node-gpu"] as string,
  "@huggingface/transformers": manifest.optionalDependencies["@huggingface/transformers"] as string,
};

export type OptionalPackage = keyof typeof OPTIONAL_PACKAGES;

/**
 * Later versions of what these packages depend on than they ask for themselves, where theirs have known weaknesses. npm obeys a
 * package's overrides where it is the project that is installed, not where it is one of its dependencies.
 */
export const OVERRIDES: Record<string, Record<string, string>> = manifest.overrides;
