import { InputError } from "../errors";
import { readNamed } from "../options/readNamed";
import { augmentation as table } from "../options/table";
import type { Header } from "./decodeImage";
import type { ImageTransform } from "./loadImageTransform";

/** How images vary while a model trains on them, under the names of timm's `create_transform`. */
export interface Augmentation {
  /** The least and the most of its area that a random crop takes of an image. Default: [0.08, 1]. */
  scale?: readonly [number, number];
  /** The least and the most of a crop's width / height. Default: [0.75, 1.3333333333333333]. */
  ratio?: readonly [number, number];
  /** How likely a crop is mirrored, left to right. Default: 0.5. */
  hflip?: number;
}

/** What random views are made by, and of. */
export interface Augmented extends Required<Augmentation> {
  /** The image files, row by row: each view is cut out of the whole image. */
  paths: string[];
  headers: Header[];
  interpolation: ImageTransform["interpolation"];
}

/** The augmentation with its defaults, checked. */
export function checkAugmentation(augmentation: Augmentation): Required<Augmentation> {
  const read = readNamed("encodeImages", table, augmentation, "augment");
  const { scale, ratio, hflip } = read as unknown as Required<Augmentation>;
  checkRange("augment.scale", scale, 1);
  checkRange("augment.ratio", ratio, Number.MAX_VALUE);
  return { scale, ratio, hflip };
}

function checkRange(name: string, range: readonly [number, number], most: number): void {
  const [low, high] = range;
  if (range.length !== 2 || !(low > 0 && low <= high && high <= most))
    throw new InputError(
      `${name}: expected two rising numbers above 0${most === 1 ? " and up to 1" : ""}, got ${JSON.stringify(range)}`,
    );
}
