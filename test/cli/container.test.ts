// What a container gives: no home, no Python, no compiler, no native engine.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fakeWheel, temporaryFolder } from "../engine/native/fakes";
import { unlinkedKit } from "../engine/native/unlinkedKit";
import { folder, frostkitIn, start } from "./frostkit";
import { tinyModel, tinyTable } from "./tinyModel";

const kit = unlinkedKit();
const train = join(folder, tinyTable("train.csv", 24));
const model = join(folder, tinyModel("model"));

/** An environment with nothing in it but this; the PATH leads to an empty folder. */
function bare(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const nothing = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
  return { ...nothing, PATH: temporaryFolder(), TMPDIR: temporaryFolder(), ...variables };
}

const homes: [string, () => NodeJS.ProcessEnv][] = [
  ["that is empty", () => ({ HOME: temporaryFolder() })],
  // A file is above it: even root can write nothing there.
  ["that cannot be written", () => ({ HOME: join(train, "home") })],
  ["that is not there", () => ({ HOME: join(temporaryFolder(), "gone") })],
  ["that is not named", () => ({})],
];

for (const [title, variables] of homes)
  test(`With a home ${title}, and neither Python nor a compiler, ONNX Runtime trains, saves and predicts`, async () => {
    const env = bare(variables());
    const cwd = temporaryFolder();
    const data = ["--max-len", "8"];
    const trained = await frostkitIn(
      { env, cwd, kit },
      ...["finetune", "--model", model, "--train", train, "--epochs", "1", "--freeze", "1", ...data],
      ...["--save", "saved"],
    );
    assert.equal(trained.code, 0, trained.stderr);
    assert.match(
      trained.stderr,
      /^engine: onnxruntime \(tensorflow cannot run: tfjs-node-gpu's native binding is not built; node \S+main\.js native builds it where .+ fetches one; ONNX Runtime .+ computes on .+\)$/m,
    );
    const predicted = await frostkitIn(
      { env, cwd, kit },
      ...["predict", "--model", "saved", "--data", train, "--out", "submission.csv", ...data],
    );
    assert.equal(predicted.code, 0, predicted.stderr);
    assert.deepEqual(readdirSync(cwd).sort(), ["saved", "submission.csv"]);
    if (env.HOME && existsSync(env.HOME)) assert.deepEqual(readdirSync(env.HOME), []);
    assert.deepEqual(readdirSync(env.TMPDIR!), []);
  });

test("The demo says in one line why TensorFlow could not be linked, and computes by ONNX Runtime", async () => {
  const env = bare({ HOME: temporaryFolder(), FROSTKIT_TENSORFLOW: fakeWheel(temporaryFolder()) });
  const cwd = temporaryFolder();
  const demo = start(["demo"], { env, cwd, kit });
  await demo.seen(/ rows to train on/);
  demo.child.kill("SIGINT");
  const { code, stderr } = await demo.ended;
  assert.equal(code, 130);
  assert.match(stderr, /^TensorFlow could not be linked: .*(g\+\+|compiler)/m);
  assert.equal(stderr.match(/^engine: onnxruntime /gm)?.length, 1);
  assert.deepEqual(readdirSync(env.HOME!), []);
  // Ended amid the first trial it has no record to keep.
  assert.deepEqual(readdirSync(cwd), []);
});

test("frostkit native says what is missing where a TensorFlow but no compiler is there", async () => {
  const env = bare({ HOME: temporaryFolder(), FROSTKIT_TENSORFLOW: fakeWheel(temporaryFolder()) });
  const { code, stderr } = await frostkitIn({ env, kit }, "native");
  assert.equal(code, 1);
  assert.match(stderr, /^frostkit native: .*(g\+\+|compiler)/m);
});
