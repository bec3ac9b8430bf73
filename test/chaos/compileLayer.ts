import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { transformSync } from "esbuild";

/** Compiles a file of this folder that runs in a process of its own, which need not load a compiler then; its path. */
export function compileLayer(folder: string, source = join(__dirname, "fileLayer.ts")): string {
  const path = join(folder, basename(source).replace(/\.ts$/, ".cjs"));
  const { code } = transformSync(readFileSync(source, "utf8"), {
    loader: "ts",
    format: "cjs",
    target: "node20",
  });
  writeFileSync(path, code);
  return path;
}
