import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../../errors";
import { makeFolders } from "../../files/makeFolders";

/** What a packed kit says of itself. */
export interface Manifest {
  frostkit: string;
  node: string;
  platform: "linux x64 glibc";
  /** The files that were packed, by their paths in the folder. */
  files: string[];
}

const NAME = "frostkit-pack.json";

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
  writeFileSync(join(folder, NAME), `${JSON.stringify(manifest, null, 1)}\n`);
}

function readManifest(folder: string): Manifest | null {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return null;
  const path = join(folder, NAME);
  if (!existsSync(path))
    throw new InputError(
      `${folder}: expected a new folder, or one that frostkit pack made, got another's files`,
    );
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
  // What is listed is removed: a list from elsewhere shall lead no further than the folder.
  const outside = manifest.files.find(
    (file) => !/^node_modules\//.test(file) || file.split(/[\\/]/).includes(".."),
  );
  if (outside !== undefined)
    throw new InputError(`${path}: expected files below node_modules, got ${JSON.stringify(outside)}`);
  return manifest;
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
