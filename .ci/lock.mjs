// npm run lock: brings package-lock.json up to date with package.json, and takes out of it that packages have install scripts, so that
// `npm ci` runs none of them. All that they do is download from elsewhere than the registry (tfjs-node-gpu a TensorFlow of 2022,
// onnxruntime-node its CUDA parts) or check what is there; a download that fails would take the whole installation with it.
// `ignore-scripts` in .npmrc would do the same, but then npm runs the project's own `prepare` neither, and `npm pack` packs no dist.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

execFileSync("npm", ["install", "--package-lock-only", "--ignore-scripts"], { stdio: "inherit" });
const lock = JSON.parse(readFileSync("package-lock.json", "utf8"));
for (const entry of Object.values(lock.packages)) delete entry.hasInstallScript;
// Without an install script npm would build whatever has a binding.gyp.
lock.packages["node_modules/@tensorflow/tfjs-node-gpu"].gypfile = false;
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
