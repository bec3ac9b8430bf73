// What doctor says of the notebook kernel, beside what `frostkit notebook` does on the same machine.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { notebookKernel } from "../../src/cli/notebookKernel";
import { fakeCommand, temporaryFolder, write } from "../engine/native/fakes";
import { noJupyter, python } from "../notebooks/inJupyter";
import { jupyterOn } from "./fakeJupyter";
import { frostkitIn } from "./frostkit";

const NONE = { VIRTUAL_ENV: undefined, CONDA_PREFIX: undefined };
const kernelIn = (folder: string) => join(folder, "kernels", "frostkit", "kernel.json");

/** What doctor says with these variables set. */
async function said(env: NodeJS.ProcessEnv): Promise<string> {
  const before = { ...process.env };
  for (const [name, value] of Object.entries({ ...NONE, ...env })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    return await notebookKernel();
  } finally {
    for (const name of Object.keys({ ...NONE, ...env })) delete process.env[name];
    Object.assign(process.env, before);
  }
}

const notebook = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  frostkitIn({ env: { ...NONE, ...env } }, "notebook", ...args);

/** Of a machine with a Jupyter: doctor says no and what to do, that is done, and doctor names what came of it. */
async function agree(env: NodeJS.ProcessEnv, command: string, folder: string): Promise<void> {
  assert.equal(
    await said(env),
    `no: ${command} has no kernel of frostkit's; frostkit notebook registers it and opens the notebooks`,
  );
  const { code, stdout, stderr } = await notebook(env, "--no-open");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `kernel TypeScript (frostkit): ${kernelIn(folder)}\n`);
  assert.equal(await said(env), `yes: ${command} finds ${kernelIn(folder)}`);
}

/** A command that is a Python whose module jupyter looks for kernels in a folder. */
function pythonWith(folder: string, name: string): string {
  const jupyter = join(jupyterOn([folder], ["lab"]), "jupyter");
  return fakeCommand(name, `shift 2; exec ${jupyter} "$@"`);
}

test("Without any Python both say that there is no Jupyter, and how to get one", async () => {
  const env = { PATH: temporaryFolder() };
  const { code, stderr } = await notebook(env);
  assert.equal(code, 1);
  const why = stderr.replace("frostkit notebook: ", "").trim();
  assert.match(
    why,
    /found none and no Python either; install Python 3, then: python3 -m pip install jupyterlab$/,
  );
  assert.equal(await said(env), `no: ${why} (notebooks need it, the command line does not)`);
});

test("With a Python that has no Jupyter both say so", async () => {
  const env = { PATH: fakeCommand("python3", "echo 'No module named jupyter' >&2; exit 1") };
  const { code, stderr } = await notebook(env);
  assert.equal(code, 1);
  const why = stderr.replace("frostkit notebook: ", "").trim();
  assert.match(why, /found none; get one by: python3 -m pip install jupyterlab$/);
  assert.equal(await said(env), `no: ${why} (notebooks need it, the command line does not)`);
});

test("Both take the Jupyter on the PATH, be the Python beside it another", async () => {
  const folder = temporaryFolder();
  const PATH = `${jupyterOn([folder], ["lab"])}:${pythonWith(temporaryFolder(), "python3")}`;
  await agree({ PATH }, "jupyter", folder);
});

test("Both take a Python's own Jupyter where the PATH has none, or one that does not answer", async () => {
  const folder = temporaryFolder();
  await agree({ PATH: pythonWith(folder, "python3") }, "python3 -m jupyter", folder);
  const other = temporaryFolder();
  const broken = fakeCommand("jupyter", "echo 'jupyter: command not found' >&2; exit 127");
  await agree({ PATH: `${broken}:${pythonWith(other, "python")}` }, "python -m jupyter", other);
  const mute = fakeCommand("jupyter", "echo hello");
  const third = temporaryFolder();
  await agree({ PATH: `${mute}:${pythonWith(third, "python")}` }, "python -m jupyter", third);
});

test("Both take the active environment's Jupyter where it is not on the PATH", async () => {
  for (const variable of ["VIRTUAL_ENV", "CONDA_PREFIX"]) {
    const [folder, home] = [temporaryFolder(), temporaryFolder()];
    const fake = join(pythonWith(folder, "python"), "python");
    const active = write(join(home, "bin", "python"), readFileSync(fake, "utf8"));
    spawnSync("chmod", ["+x", active]);
    const PATH = `${fakeCommand("python3", "exit 1")}:/usr/bin:/bin`;
    await agree({ PATH, [variable]: home }, `${active} -m jupyter`, folder);
  }
});

test("doctor says of a kernel whose files are gone, and of another's under the kit's name, what to do", async () => {
  const folder = temporaryFolder();
  const PATH = jupyterOn([folder], ["lab"]);
  assert.equal((await notebook({ PATH }, "--no-open")).code, 0);
  const file = kernelIn(folder);
  const spec = JSON.parse(readFileSync(file, "utf8"));
  const gone = "/nowhere/dist/notebook/startKernel.js";
  writeFileSync(file, JSON.stringify({ ...spec, argv: [process.execPath, gone] }));
  assert.equal(
    await said({ PATH }),
    `no: ${file} names ${gone}, which is gone; frostkit notebook registers it anew`,
  );
  writeFileSync(file, JSON.stringify({ argv: ["deno"] }));
  assert.equal(
    await said({ PATH }),
    `no: ${file} was not written by frostkit; move it away, then frostkit notebook registers the kit's kernel`,
  );
});

test("doctor says where a Jupyter has nothing that shows notebooks, as notebook does", async () => {
  const PATH = jupyterOn([temporaryFolder()], []);
  assert.equal((await notebook({ PATH }, "--no-open")).code, 0);
  const { stderr } = await notebook({ PATH });
  const why = stderr.replace("frostkit notebook: ", "").trim();
  assert.match(why, /^expected JupyterLab or Notebook beside jupyter, found neither; /);
  assert.ok((await said({ PATH })).endsWith(`; ${why}`));
});

test("In a real Jupyter the kernel is listed under the kit's name beside those that were there, and gone when removed", {
  skip: noJupyter,
}, async () => {
  const own = temporaryFolder();
  const env = {
    PATH: `${dirname(python)}:${process.env.PATH}`,
    JUPYTER_PREFER_ENV_PATH: "0",
    JUPYTER_DATA_DIR: own,
  };
  const listed = (): Record<string, { spec: { display_name: string } }> => {
    const { stdout, stderr } = spawnSync("jupyter", ["kernelspec", "list", "--json"], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    assert.match(stdout, /kernelspecs/, stderr);
    return JSON.parse(stdout).kernelspecs;
  };
  write(join(own, "kernels", "tslab", "kernel.json"), '{"argv": ["tslab"], "display_name": "TypeScript"}');
  const before = listed();
  await agree(env, "jupyter", own);
  const { frostkit, ...others } = listed();
  assert.equal(frostkit.spec.display_name, "TypeScript (frostkit)");
  assert.deepEqual(others, before);
  assert.equal((await notebook(env, "--remove")).code, 0);
  assert.deepEqual(listed(), before);
});
