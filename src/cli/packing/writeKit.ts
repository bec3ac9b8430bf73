import { copyFileSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { shown } from "../../check";
import { InputError } from "../../errors";
import { checkFormat } from "../../files/checkFormat";
import { isInside } from "../../files/isInside";
import { makeFolders } from "../../files/makeFolders";
import { readBytes } from "../../files/readBytes";
import { replaceFile } from "../../files/replaceFile";
import { parseJsonObject } from "../../text/json";

/** What a packed kit says of itself. */
export interface Manifest {
  frostkit: string;
  node: string;
  platform: "linux x64 glibc";
  /** The files that were packed, by their paths in the folder. */
  files: string[];
}

const NAME = "frostkit-pack.json";
/** Of that file; raised when it is written otherwise. The first ones were written without. */
const FORMAT = 1;

/** Throws where a folder holds anything and no earlier pack made it. */
export function checkFolder(folder: string): void {
  readManifest(folder);
}

/**
 * Copies a manifest's files from below `root` into `folder`. What an earlier pack left there is replaced, file by file; whatever else
 * lies there stays, and where it is in the way nothing is written. Returns the bytes copied.
 */
export function writeKit(root: string, folder: string, manifest: Manifest): number {
  const earlier = new Set(readManifest(folder)?.files);
  for (const file of manifest.files)
    if (!earlier.has(file) && existsSync(join(folder, file)))
      throw new InputError(
        `${join(folder, file)}: expected a place for the kit's own file, got another's; move it away`,
      );
  makeFolders(folder);
  // First of all, so that one that was broken off can be made again.
  const all = [...new Set([...manifest.files, ...earlier])];
  writeManifest(folder, { ...manifest, files: all });
  for (const file of earlier) remove(folder, file);
  for (const file of manifest.files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  writeManifest(folder, manifest);
  return manifest.files.reduce((bytes, file) => bytes + statSync(join(folder, file)).size, 0);
}

function writeManifest(folder: string, manifest: Manifest): void {
  replaceFile(join(folder, NAME), `${JSON.stringify({ format: FORMAT, ...manifest }, null, 1)}\n`);
}

function readManifest(folder: string): Manifest | null {
  if (!existsSync(folder)) return null;
  // But for what a pack that was killed left when it was about to write its list.
  if (readdirSync(folder).every((name) => name.startsWith(`.${NAME}.`))) return null;
  const path = join(folder, NAME);
  if (!existsSync(path))
    throw new InputError(
      `${folder}: expected a new folder, or one that frostkit pack made, got another's files`,
    );
  const { format = 1, files, ...rest } = parseJsonObject(path, readBytes(path).toString());
  checkFormat(path, format, FORMAT);
  if (!Array.isArray(files) || files.some((file) => typeof file !== "string"))
    throw new InputError(`${path}: files: expected a list of paths, got ${shown(files)}`);
  // What is listed is removed: a list from elsewhere shall lead no further than the folder, by links neither.
  const outside = files.find(
    (file) =>
      !/^node_modules\//.test(file) ||
      file.includes("\0") ||
      file.split(/[\\/]/).includes("..") ||
      !isInside(dirname(join(folder, file)), folder),
  );
  if (outside !== undefined)
    throw new InputError(`${path}: expected files below node_modules, got ${JSON.stringify(outside)}`);
  return { ...rest, files } as Manifest;
}

/** Removes a file and the folders that it leaves empty. */
function remove(folder: string, file: string): void {
  rmSync(join(folder, file), { force: true });
  for (let at = dirname(file); at !== "."; at = dirname(at)) {
    const path = join(folder, at);
    if (existsSync(path) && readdirSync(path).length > 0) return;
    if (existsSync(path)) rmdirSync(path);
  }
}
