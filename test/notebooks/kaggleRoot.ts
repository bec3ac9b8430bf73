import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { findTensorflow } from "../../src/engine/native/findTensorflow";
import { type Outcome, runCommand } from "../../src/packages/runCommand";
import { noJupyter, python } from "./inJupyter";

/** A file system of its own that is laid out like Kaggle's, with the internet off. */
export interface KaggleRoot {
  /** Where /kaggle/working lies on this machine. */
  working: string;
  /** Where the home folder lies on this machine; it is empty at first. */
  home: string;
  /** Runs a shell command in there, in /kaggle/working. */
  run(command: string): Promise<Outcome>;
  remove(): void;
}

const script = join(__dirname, "kaggleRoot.sh");
const unshare = ["--mount", "--net"];

/**
 * Lays out a root with this machine's system folders, a Python with Jupyter's client and a TensorFlow among its packages, a
 * writable /kaggle/working and what is attached: folders by their names below /kaggle/input. A string says why that can't be done.
 */
export async function kaggleRoot(attached: Record<string, string>): Promise<KaggleRoot | string> {
  if (process.platform !== "linux") return `a root of its own needs Linux, and this is ${process.platform}`;
  if (noJupyter) return noJupyter;
  const { tensorflow } = await findTensorflow();
  if (tensorflow === null) return "no TensorFlow is installed that Kaggle's could be played with";
  const root = mkdtempSync(join(tmpdir(), "frostkit-kaggle-"));
  const remove = () => rmSync(root, { recursive: true, force: true });
  const at = (path: string) => join(root, path);
  for (const folder of ["tmp", "home/empty", "kaggle/working", "kaggle/input"])
    mkdirSync(at(folder), { recursive: true });
  const mounts: [string, string][] = [];
  for (const name of ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc"]) {
    const path = `/${name}`;
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), at(name));
    else mounts.push([path, path]);
  }
  for (const [name, folder] of Object.entries(attached)) mounts.push([folder, `/kaggle/input/${name}`]);
  mounts.push(...layPython(root, tensorflow.folder));
  writeFileSync(at("mounts"), mounts.map((line) => `${line.join("\t")}\n`).join(""));
  copyFileSync(join(__dirname, "inJupyter.py"), at("opt/inJupyter.py"));
  const run = (command: string) => runCommand("unshare", [...unshare, "sh", script, root, command]);
  const { code, stderr } = await run("python3 -c 'import nbclient, ipykernel, IPython' && g++ --version");
  if (code === 0) return { working: at("kaggle/working"), home: at("home/empty"), run, remove };
  remove();
  return `no root of its own can be set up (${stderr.trim().split("\n").pop()}); it needs unshare, chroot, ip, g++ and the right to mount`;
}

/** A virtual environment in /opt/python that sees the packages of the Python with Jupyter, and among its own a TensorFlow. */
function layPython(root: string, tensorflow: string): [string, string][] {
  const venv = join(root, "opt/python");
  execFileSync(python, ["-m", "venv", "--without-pip", venv]);
  const said = spawnSync(python, [
    "-c",
    "import json, sys, sysconfig; print(json.dumps([sys.base_prefix, sys.prefix, sysconfig.get_path('purelib')]))",
  ]);
  const [base, prefix, packages] = JSON.parse(said.stdout.toString()) as string[];
  const lib = join(venv, "lib");
  const site = join(lib, readdirSync(lib)[0], "site-packages");
  writeFileSync(join(site, "jupyter.pth"), `${packages}\n`);
  const inside = (path: string) => path.slice(root.length);
  const wheel = dirname(tensorflow);
  const info = readdirSync(wheel).filter((name) => /^tensorflow.*\.dist-info$/.test(name));
  const laid = [basename(tensorflow), ...info].map((name): [string, string] => [
    join(wheel, name),
    inside(join(site, name)),
  ]);
  const own = [...new Set([base, prefix])].filter((folder) => !folder.startsWith("/usr"));
  return [...own.map((folder): [string, string] => [folder, folder]), ...laid];
}
