import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { findTensorflow, firstFit } from "../../../src/engine/native/findTensorflow";
import { pythonPath } from "../../../src/engine/native/pythonPath";
import { InputError } from "../../../src/errors";
import { fakeCommand, fakeWheel, setEnv, temporaryFolder } from "./fakes";

const { PATH } = process.env;
beforeEach(() => setEnv({ PATH, FROSTKIT_TENSORFLOW: undefined, FROSTKIT_CACHE: temporaryFolder() }));

test("FROSTKIT_TENSORFLOW names the one that is taken, whatever else there is", async () => {
  const [mine, active] = [temporaryFolder(), temporaryFolder()];
  const folder = fakeWheel(mine);
  fakeWheel(active);
  const python = fakeCommand("python3", `echo '["", "${active}"]'`);
  setEnv({ PATH: `${python}:${PATH}`, FROSTKIT_TENSORFLOW: folder });
  assert.equal((await findTensorflow()).tensorflow?.folder, folder);
  setEnv({ FROSTKIT_TENSORFLOW: mine });
  assert.equal((await findTensorflow()).tensorflow?.folder, folder);
});

test("A FROSTKIT_TENSORFLOW without a TensorFlow is an error; no other is taken in its stead", async () => {
  const empty = temporaryFolder();
  setEnv({ FROSTKIT_TENSORFLOW: empty });
  await assert.rejects(findTensorflow(), (error: Error) => {
    assert.ok(error instanceof InputError);
    assert.equal(
      error.message,
      `FROSTKIT_TENSORFLOW: expected a folder that holds TensorFlow (such as site-packages/tensorflow), got ${empty}`,
    );
    return true;
  });
});

test("Without FROSTKIT_TENSORFLOW the active Python's packages come first", async () => {
  const site = temporaryFolder();
  const folder = fakeWheel(site);
  setEnv({ PATH: fakeCommand("python3", `echo '["", "/usr/lib/python3.11", "${site}"]'`) });
  assert.equal((await findTensorflow()).tensorflow?.folder, folder);
});

test("Folders without one are passed over, those with one unfit are remembered, and the first fit one is taken", () => {
  const [empty, old, good, later] = [1, 2, 3, 4].map(temporaryFolder);
  fakeWheel(old, { version: "1.15.0" });
  const folder = fakeWheel(good);
  fakeWheel(later);
  const found = firstFit([join(empty, "nowhere"), empty, old, good, later]);
  assert.equal(found.tensorflow?.folder, folder);
  assert.equal(found.unfit.length, 1);
  assert.match(found.unfit[0], /TensorFlow 1\.15\.0/);
  rmSync(folder, { recursive: true });
  assert.deepEqual(firstFit([good]), { tensorflow: null, unfit: [] });
});

test("Python's path leaves out the current folder", async () => {
  setEnv({ PATH: fakeCommand("python3", `echo '["", "relative", "/a", "/b"]'`) });
  assert.deepEqual(await pythonPath(), ["/a", "/b"]);
});

test("A python serves where there is no python3, or where it is a shim with no Python behind it", async () => {
  const python = fakeCommand("python", `echo '["/a"]'`);
  setEnv({ PATH: python });
  assert.deepEqual(await pythonPath(), ["/a"]);
  const shim = fakeCommand("python3", "echo 'pyenv: python3: command not found' >&2; exit 127");
  setEnv({ PATH: `${shim}:${python}` });
  assert.deepEqual(await pythonPath(), ["/a"]);
});

test("Without a Python, or with one that fails, the search goes on without its path", async () => {
  setEnv({ PATH: temporaryFolder() });
  assert.deepEqual(await pythonPath(), []);
  setEnv({ PATH: fakeCommand("python3", "exit 1") });
  assert.deepEqual(await pythonPath(), []);
});
