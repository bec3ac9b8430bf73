// What a person sees: the command line in a terminal, which util-linux's `script` lends.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { before, test } from "node:test";
import { ENGINES } from "../../src/engine/useEngine";
import { enginesHere } from "../enginesHere";
import { folder } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const main = join(__dirname, "..", "..", "dist", "cli", "main.js");
const noTerminal = /util-linux/.test(spawnSync("script", ["--version"], { encoding: "utf8" }).stdout ?? "")
  ? false
  : "no util-linux `script`, which lends a terminal";

before(() => {
  tinyModel("model");
  tinyTable("train.csv", 30);
});

/** All that a command writes to a terminal of 100 columns, control characters too. */
function inTerminal(...args: string[]): Promise<string> {
  const quoted = [process.execPath, main, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  const child = spawn("script", ["-q", "-e", "-c", `stty cols 100; ${quoted.join(" ")}`, "/dev/null"], {
    cwd: folder,
    env: { ...process.env, HF_HUB_OFFLINE: "1", TERM: "xterm" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  return new Promise((resolve, reject) => {
    child
      .on("error", reject)
      .on("close", (code) =>
        code === 0 ? resolve(written) : reject(new Error(`exit code ${code}: ${written}`)),
      );
  });
}

const engines = enginesHere();
for (const engine of ENGINES) {
  const skip = noTerminal || (engines[engine].why !== null && `${engine}: ${engines[engine].why}`);
  // On a software Vulkan two epochs take as long as dozens elsewhere.
  const epochs = engine === "webgpu" ? 2 : 40;
  const given = ["--model", "model", "--train", "train.csv", "--engine", engine, "--max-len", "16"];

  test(`In a terminal training shows a bar, on engine ${engine}`, { skip }, async () => {
    const training = await inTerminal(
      "finetune",
      ...given,
      "--epochs",
      `${epochs}`,
      "--batch",
      "6",
      "--freeze",
      "1",
    );
    assert.match(training, new RegExp(`training [=-]{16} epoch \\d+ of ${epochs}, loss \\d`));
  });

  // On a software Vulkan one command is slow enough, and the boards are the same.
  if (engine === "webgpu") continue;
  test(`In a terminal a sweep shows two bars, on engine ${engine}`, { skip }, async () => {
    const out = join("runs", engine);
    const sweep = await inTerminal("sweep", ...given, "--epochs", "1", "--n", "2,3", "--out", out);
    assert.match(sweep, /sweep [=-]{16} \d of 2 trials/);
    assert.match(sweep, /trial [=-]{16} N = \d, seed 0: /);
    assert.match(sweep, /report: /, "the lines scroll past and stay");
  });
}
