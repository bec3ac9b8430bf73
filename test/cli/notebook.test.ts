import assert from "node:assert/strict";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { version } from "../../src/version";
import { fakeCommand, temporaryFolder, write } from "../engine/native/fakes";
import { waitUntil } from "../waitUntil";
import { jupyterOn } from "./fakeJupyter";
import { frostkitIn, start } from "./frostkit";

/** The kernel's file below one of Jupyter's folders. */
const kernelIn = (folder: string, name = "frostkit") => join(folder, "kernels", name, "kernel.json");

/** Runs `frostkit notebook …` where these variables alone say what Jupyter there is. */
const notebook = (env: NodeJS.ProcessEnv, ...args: string[]) =>
  frostkitIn({ env: { VIRTUAL_ENV: undefined, CONDA_PREFIX: undefined, ...env } }, "notebook", ...args);

test("The kernel is registered in the first folder that can be written, with source maps and half of the memory", async () => {
  const folder = temporaryFolder();
  const barred = join(temporaryFolder(), "file");
  // Below a file even root can make nothing.
  writeFileSync(barred, "");
  const PATH = jupyterOn([join(barred, "x"), folder], ["lab"]);
  const { code, stdout, stderr } = await notebook({ PATH }, "--no-open");
  assert.equal(code, 0, stderr);
  assert.equal(stdout, `kernel TypeScript (frostkit): ${kernelIn(folder)}\n`);
  const { argv, ...rest } = JSON.parse(readFileSync(kernelIn(folder), "utf8"));
  assert.deepEqual(rest, {
    display_name: "TypeScript (frostkit)",
    language: "typescript",
    interrupt_mode: "signal",
    metadata: { frostkit: version },
  });
  assert.deepEqual(
    [argv[0], argv[1], argv[4]],
    [process.execPath, "--enable-source-maps", "{connection_file}"],
  );
  assert.match(argv[2], /^--max-old-space-size=\d{4,}$/);
  assert.ok(existsSync(argv[3]), argv[3]);
});

test("The set is opened in JupyterLab, or in Notebook where that is all there is", async () => {
  for (const front of ["lab", "notebook"]) {
    const log = join(temporaryFolder(), "log");
    const PATH = jupyterOn([temporaryFolder()], [front], log);
    const { code, stderr } = await notebook({ PATH });
    assert.equal(code, 0, stderr);
    assert.equal(readFileSync(log, "utf8"), `${front} ${join(__dirname, "..", "..", "notebooks")}\n`);
  }
});

test("Where there is no Jupyter, or nothing that shows notebooks, it says how to get one", async () => {
  const none = await notebook({ PATH: temporaryFolder() });
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  assert.match(
    none.stderr,
    /^frostkit notebook: expected a Jupyter .* found none and no Python either; .*python3 -m pip install jupyterlab\n$/,
  );
  const bare = await notebook({ PATH: jupyterOn([temporaryFolder()], []) });
  assert.equal(bare.code, 1);
  assert.match(
    bare.stderr,
    /^frostkit notebook: expected JupyterLab or Notebook beside jupyter, found neither; .*pip install jupyterlab\n$/,
  );
});

test("Without a folder to write it names those it tried", async () => {
  const file = join(temporaryFolder(), "file");
  writeFileSync(file, "");
  const { code, stderr } = await notebook({ PATH: jupyterOn([join(file, "x")], ["lab"]) });
  assert.equal(code, 1);
  assert.match(stderr, /got none of .*file\/x; JUPYTER_DATA_DIR names another\n$/);
});

test("The active Python's Jupyter serves where none is on the PATH", async () => {
  const folder = temporaryFolder();
  const jupyter = join(jupyterOn([folder], ["lab"]), "jupyter");
  const python = fakeCommand("python3", `shift 2; exec ${jupyter} "$@"`);
  const { code, stderr } = await notebook({ PATH: python }, "--no-open");
  assert.equal(code, 0, stderr);
  assert.ok(existsSync(kernelIn(folder)));
});

test("A kernel that is not the kit's stays as it is, under its own name and under the kit's", async () => {
  const folder = temporaryFolder();
  const PATH = jupyterOn([folder], ["lab"]);
  const theirs = '{ "argv": ["tslab", "kernel", "--config-path={connection_file}"] }';
  write(kernelIn(folder, "tslab"), theirs);
  assert.equal((await notebook({ PATH }, "--no-open")).code, 0);
  assert.equal((await notebook({ PATH }, "--remove")).code, 0);
  assert.equal(readFileSync(kernelIn(folder, "tslab"), "utf8"), theirs);

  write(kernelIn(folder), theirs);
  for (const how of ["--no-open", "--remove"]) await notebook({ PATH }, how);
  const refused = await notebook({ PATH }, "--no-open");
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.match(
    refused.stderr,
    /frostkit\/kernel\.json: expected none, or one that frostkit wrote, got another's; /,
  );
  assert.equal(readFileSync(kernelIn(folder), "utf8"), theirs);
});

test("What an earlier frostkit registered as tslab gives way to the kit's own name, files beside it stay", async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  const former = JSON.stringify({
    argv: ["node", "/a/frostkit/dist/notebook/startKernel.js", "{connection_file}"],
  });
  for (const folder of [first, second]) write(kernelIn(folder, "tslab"), former);
  const logo = write(join(second, "kernels", "tslab", "logo-32x32.png"));
  const { code, stdout } = await notebook({ PATH: jupyterOn([first, second], ["lab"]) }, "--no-open");
  assert.equal(code, 0);
  const gone = [first, second].map((folder) => kernelIn(folder, "tslab"));
  assert.deepEqual(stdout.trim().split("\n").slice(1), [
    ...gone.map((file) => `removed ${file}, which an earlier frostkit had registered`),
  ]);
  assert.deepEqual(readdirSync(join(first, "kernels")), ["frostkit"]);
  assert.ok(existsSync(logo));
});

test("--remove takes the kernel away wherever the kit registered it, says so, and is content where there is none", async () => {
  const [first, second] = [temporaryFolder(), temporaryFolder()];
  for (const folder of [first, second])
    assert.equal((await notebook({ PATH: jupyterOn([folder], ["lab"]) }, "--no-open")).code, 0);
  const PATH = jupyterOn([first, second], ["lab"]);
  const removed = await notebook({ PATH }, "--remove");
  assert.deepEqual(
    [removed.code, removed.stdout],
    [0, `removed ${kernelIn(first)}\nremoved ${kernelIn(second)}\n`],
  );
  for (const folder of [first, second]) assert.deepEqual(readdirSync(join(folder, "kernels")), []);
  const again = await notebook({ PATH }, "--remove");
  assert.deepEqual(
    [again.code, again.stdout],
    [0, "nothing to remove: Jupyter has no kernel of frostkit's\n"],
  );
});

test("What npm says of a failure is passed on in one line", async () => {
  const bin = fakeCommand(
    "npm",
    "echo 'npm error code E404' >&2; echo 'npm error 404 not found' >&2; exit 1",
  );
  const place = { cwd: temporaryFolder(), env: { PATH: `${bin}:/usr/bin:/bin`, HF_HUB_OFFLINE: "" } };
  const { code, stderr } = await frostkitIn(place, "pack", "kit");
  assert.equal(code, 1);
  assert.match(stderr, /frostkit pack: npm pack failed: code E404; 404 not found\n$/);
  chmodSync(join(bin, "npm"), 0o644);
  const missing = await frostkitIn({ ...place, env: { ...place.env, PATH: bin } }, "pack", "kit");
  assert.match(missing.stderr, /npm: expected it on the PATH, where Node\.js puts it, found none\n$/);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const)
  test(`Jupyter is asked to end when ${signal} ends the command, so that it ends its kernels`, async () => {
    const log = join(temporaryFolder(), "log");
    const PATH = jupyterOn(
      [temporaryFolder()],
      ["lab"],
      log,
      // By then the command has long said what is to end with it.
      `trap 'echo ended >> ${log}; exit 0' TERM; sleep 1; echo ready >> ${log}; while :; do sleep 0.1; done`,
    );
    const env = { VIRTUAL_ENV: undefined, CONDA_PREFIX: undefined, PATH: `${PATH}:${process.env.PATH}` };
    const { child, ended } = start(["notebook"], { env });
    await waitUntil(() => existsSync(log) && readFileSync(log, "utf8").endsWith("ready\n"));
    child.kill(signal);
    // Of a killed command the output stays open for as long as Jupyter has it.
    await ended;
    await waitUntil(() => readFileSync(log, "utf8").endsWith("ended\n"));
    assert.match(readFileSync(log, "utf8"), /^lab .*\nready\nended\n$/);
  });
