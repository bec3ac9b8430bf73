import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const out = join(root, "node_modules/.cache/frostkit-bench");

const GRADIENTS = "dist/engine/gradients.bundle.js";

let compiled = false;

/** kit.ts and what it imports as plain JavaScript, as a user runs the kit: tsx in the same process would add 70 MB to its memory. */
export function kitProgram(): string {
  if (!compiled) {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, "-p", join(__dirname, "tsconfig.json")], { stdio: "inherit" });
    copyFileSync(join(root, "package.json"), join(out, "package.json"));
    // By them it is told whether the kernels and functions that are linked are this version's.
    for (const source of ["kernels", "functions.cc"].map((name) => join("src/engine/native", name)))
      cpSync(join(root, source), join(out, source), { recursive: true });
    // tfjs's gradients, for engines that come without: the build has made one file of them.
    cpSync(join(root, GRADIENTS), join(out, GRADIENTS));
    compiled = true;
  }
  return join(out, "test/bench/kit.js");
}
