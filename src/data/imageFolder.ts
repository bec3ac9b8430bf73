import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { folderKind } from "../checkpoint/folderKind";
import { InputError } from "../errors";
import { codeOf } from "../files/codeOf";
import { endings } from "../files/endings";
import { hasEnding } from "../files/hasEnding";
import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import { visibly } from "../text/visibly";
import { type Labels, sortClasses } from "./labels";
import { sayLabels } from "./sayLabels";

/** Images that lie in a folder, row by row: where they are, and what they show. */
export interface ImageRows {
  /** The folder, for messages. */
  source: string;
  /** The file of each image. */
  paths: string[];
  /** SHA-256 of each file: equal files, equal keys, which a split keeps on one side. */
  keys: string[];
  /** null where nothing is known, as of a competition's test images. */
  labels: Labels | null;
}

/** How a folder of images is read. */
export interface FolderOptions {
  /** The classes of the training images, in order: another class is an error. Default: those that there is a folder of. */
  classes?: string[];
  /** False takes the images of the folder and of the folders in it, whatever these are named after. Default: true. */
  labels?: boolean;
  /** Takes the line on the classes, where `classes` are left out. Default: console.info. */
  log?: (line: string) => void;
}

/**
 * Lists a folder of images: one folder for each class with its images in it, or images alone, without labels. Files of other
 * endings and hidden ones are passed over. Classes that the folder itself names are told, with their number.
 *
 * @throws InputError where there is no image, a single class, or images beside folders of classes
 * @example
 * ```ts
 * const rows = await imageFolder("pets");
 * const { train, valid } = trainValidSplit(rows, { seed: 0 });
 * ```
 */
export async function imageFolder(folder: string, options: FolderOptions = {}): Promise<ImageRows> {
  const { labels, classes: known, log = console.info } = readOptions("imageFolder", options);
  checkArguments("imageFolder", { folder });
  const { images, folders } = await list(folder);
  const found = folders.length > 0 ? await perClass(folder, folders) : [];
  if (labels && found.length > 0 && images.length > 0)
    throw new InputError(
      `${folder}: expected images or a folder for each class, got both; ${images[0]} lies beside ${folders[0]}`,
    );
  if (found.length === 0 && images.length === 0)
    throw new InputError(
      `${folder}: expected images (${endings.images.join(", ")}), got ${folderKind(folder) ?? "none"}`,
    );
  if (!labels || found.length === 0) {
    const own = images.map((name) => join(folder, name));
    return withKeys(folder, [...own, ...found.flatMap(({ paths }) => paths)], null);
  }
  const classes = known ?? sortClasses(found.map(({ name }) => name));
  const stray = found.find(({ name }) => !classes.includes(name));
  if (stray)
    throw new InputError(
      `${join(folder, stray.name)}: is none of the classes known from training: ${classes.join(", ")}`,
    );
  if (classes.length < 2)
    throw new InputError(`${folder}: expected a folder for each of at least two classes, got ${classes}`);
  const ids = Int32Array.from(found.flatMap(({ name, paths }) => paths.map(() => classes.indexOf(name))));
  const told: Labels = { problemType: "single_label_classification", classes, ids };
  if (known === undefined) visibly(log)(sayLabels(told));
  return withKeys(
    folder,
    found.flatMap(({ paths }) => paths),
    told,
  );
}

/** Folders without an image in them are no classes. */
async function perClass(folder: string, names: string[]): Promise<{ name: string; paths: string[] }[]> {
  const listed = await Promise.all(
    names.map(async (name) => {
      const { images } = await list(join(folder, name));
      return { name, paths: images.map((image) => join(folder, name, image)) };
    }),
  );
  return listed.filter(({ paths }) => paths.length > 0);
}

async function list(folder: string): Promise<{ images: string[]; folders: string[] }> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`${folder}: expected a folder of images (${error.code})`);
  });
  const seen = entries.filter(({ name }) => !name.startsWith("."));
  // By code units, so that the order of rows depends neither on the machine nor on its file system.
  return {
    images: seen
      .filter((entry) => !entry.isDirectory() && hasEnding(entry.name, endings.images))
      .map(({ name }) => name)
      .sort(),
    folders: seen
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
      .sort(),
  };
}

async function withKeys(source: string, paths: string[], labels: Labels | null): Promise<ImageRows> {
  const keys: string[] = [];
  for (const path of paths) keys.push(await hashOf(path));
  return { source, paths, keys, labels };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    // Opening a pipe that nobody writes to would never end.
    if (!(await stat(path)).isFile())
      throw new InputError(`${path}: expected an image's file, got a folder, pipe or device`);
    for await (const chunk of createReadStream(path)) hash.update(chunk);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: cannot be read (${codeOf(error)})`);
  }
  return hash.digest("hex");
}
