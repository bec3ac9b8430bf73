import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tensorflowFolders } from "../../../src/engine/native/tensorflowFolders";
import { setEnv, temporaryFolder } from "./fakes";

setEnv({ FROSTKIT_CACHE: "/cache" });

const folders = (...paths: string[]) => {
  for (const path of paths) mkdirSync(path, { recursive: true });
};

test("The active Python comes first, then environments, conda, the system, the user and the kit's own cache", () => {
  const root = temporaryFolder();
  const [venv, conda, home] = ["venv", "conda", "home"].map((name) => join(root, name));
  folders(
    join(venv, "lib/python3.12"),
    join(conda, "lib/python3.11"),
    join(root, "opt/conda/lib/python3.10"),
    join(root, "usr/local/lib/python3.11"),
    join(root, "usr/lib/python3"),
    join(home, ".local/lib/python3.11"),
  );
  const env = { VIRTUAL_ENV: venv, CONDA_PREFIX: conda };
  const found = tensorflowFolders({ env, home, root, pythonPath: ["/active/site-packages"] });
  assert.deepEqual(
    found.filter((folder) => /active|site-packages|cache/.test(folder)),
    [
      "/active/site-packages",
      join(venv, "lib/python3.12/site-packages"),
      join(conda, "lib/python3.11/site-packages"),
      join(root, "opt/conda/lib/python3.10/site-packages"),
      join(root, "usr/local/lib/python3.11/site-packages"),
      join(root, "usr/lib/python3/site-packages"),
      join(home, ".local/lib/python3.11/site-packages"),
      "/cache/tensorflow",
    ],
  );
});

test("Debian's dist-packages, where Kaggle keeps TensorFlow, and prefixes with the C library are looked at too", () => {
  const root = temporaryFolder();
  folders(join(root, "usr/local/lib/python3.11"));
  const found = tensorflowFolders({ env: {}, home: join(root, "home"), root, pythonPath: [] });
  assert.deepEqual(found, [
    join(root, "opt/conda"),
    join(root, "usr/local/lib/python3.11/site-packages"),
    join(root, "usr/local/lib/python3.11/dist-packages"),
    join(root, "usr/local"),
    join(root, "usr"),
    join(root, "home/.local"),
    "/cache/tensorflow",
  ]);
});

test("Of several Pythons the newest comes first, counted and not spelled", () => {
  const root = temporaryFolder();
  folders(...["3.9", "3.13", "3.10"].map((version) => join(root, `opt/conda/lib/python${version}`)));
  const found = tensorflowFolders({ env: {}, home: root, root, pythonPath: [] });
  assert.deepEqual(
    found.filter((folder) => folder.endsWith("site-packages")).map((folder) => /3\.\d+/.exec(folder)?.[0]),
    ["3.13", "3.10", "3.9"],
  );
});

test("A folder that is named twice is looked at once, and an empty variable names none", () => {
  const root = temporaryFolder();
  folders(join(root, "opt/conda/lib/python3.11"));
  const site = join(root, "opt/conda/lib/python3.11/site-packages");
  const env = { VIRTUAL_ENV: "", CONDA_PREFIX: join(root, "opt/conda") };
  const found = tensorflowFolders({ env, home: root, root, pythonPath: [site] });
  assert.equal(found.filter((folder) => folder === site).length, 1);
  assert.ok(!found.includes(""));
});
