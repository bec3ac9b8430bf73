import { availableParallelism } from "node:os";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { readNamed } from "../options/readNamed";
import { readOptions } from "../options/readOptions";
import { imageTransform } from "../options/table";
import { someOf } from "../text/someOf";
import { type Augmentation, checkAugmentation } from "./Augmentation";
import { type Cut, decodeImage, type Header, imageHeader, type Size, whyUndecodable } from "./decodeImage";
import type { EncodedImages } from "./EncodedImages";
import type { ImageRows } from "./imageFolder";
import type { ImageTransform } from "./loadImageTransform";
import { PixelRows } from "./PixelRows";
import { roundHalfToEven } from "./roundHalfToEven";
import { rowKeys } from "./rowKeys";
import { rowTexts } from "./rowTexts";
import { sourceName } from "./sourceName";

/** So many bad files are named before the rest is counted. */
const NAMED = 10;

/** How images are encoded. */
export interface EncodeOptions {
  /** How images vary while a model trains on them; `{}` is as in timm. Default: they do not. */
  augment?: Augmentation;
  /** Stops between two images. */
  signal?: AbortSignal;
  /** Told how many images of how many are done. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Decodes every image, scales its shorter side to size / crop_pct and takes the square in the middle, as timm does for
 * evaluation. The way a camera was held is obeyed, transparency is dropped, grey becomes red, green and blue.
 *
 * With `augment` a training sees random crops, mirrored or not, in their place: timm's RandomResizedCrop and horizontal flip, another
 * one in each epoch. These are cut out of the files anew at each step, while the step before computes, so the files have to stay.
 *
 * @throws InputError that names the files that are no images; whatever the signal was aborted with
 * @example
 * ```ts
 * const rows = await imageFolder("pets");
 * const split = trainValidSplit(rows, { seed: 0 });
 * const transform = await loadImageTransform("timm/resnet18.a1_in1k");
 * const train = await encodeImages(takeRows(rows, split.train), transform, { augment: { scale: [0.5, 1] } });
 * const valid = await encodeImages(takeRows(rows, split.valid), transform);
 * ```
 */
export async function encodeImages(
  rows: ImageRows,
  transform: ImageTransform,
  options: EncodeOptions = {},
): Promise<EncodedImages> {
  const { augment: views, signal, onProgress } = readOptions("encodeImages", options);
  checkArguments("encodeImages", { rows });
  readNamed("encodeImages", imageTransform, transform, "transform");
  const { paths, labels } = rows;
  const { size, mean, std, interpolation } = transform;
  const augment = views && checkAugmentation(views);
  const pixels: Uint8Array[] = [];
  const headers: Header[] = [];
  const bad: string[] = [];
  const atOnce = availableParallelism();
  for (let start = 0; start < paths.length; start += atOnce) {
    signal?.throwIfAborted();
    const decoded = paths.slice(start, start + atOnce).map(async (path, i) => {
      try {
        const header = await imageHeader(path);
        headers[start + i] = header;
        pixels[start + i] = await decodeImage(path, header, centreCrop(header, transform));
      } catch (error) {
        bad[start + i] = whyUndecodable(path, error);
      }
    });
    await Promise.all(decoded);
    onProgress?.(Math.min(start + atOnce, paths.length), paths.length);
  }
  const named = bad.filter((message) => message !== undefined);
  if (named.length > 0)
    throw new InputError(
      `${sourceName(rows.source, "images")}: expected images, but ${named.length} of ${paths.length} files cannot be decoded: ${someOf(named, NAMED)}; repair or remove them`,
    );
  pixels.forEach((image, row) => {
    rowKeys.set(image, rows.keys[row]);
    rowTexts.set(image, paths[row]);
  });
  const augmented = augment && { ...augment, paths, headers, interpolation };
  return new PixelRows({
    ...{ pixels, height: size, width: size, mean, std, labels },
    ...(augmented && { augmented }),
    hash: "",
  }).hashed();
}

/** The square in the middle, once the shorter side is size / crop_pct. */
function centreCrop(full: Size, { size, cropPct, interpolation }: ImageTransform): Cut {
  // Rounded as timm and torchvision do: sizes down, what lies off centre to the nearest, halves to the even one.
  const shorter = Math.floor(size / cropPct);
  const longer = Math.floor(
    (shorter * Math.max(full.width, full.height)) / Math.min(full.width, full.height),
  );
  const [width, height] = full.height > full.width ? [shorter, longer] : [longer, shorter];
  const [left, top] = [(width - size) / 2, (height - size) / 2].map(roundHalfToEven);
  return {
    part: { left: 0, top: 0, ...full },
    scaled: { width, height },
    crop: { left, top, width: size, height: size },
    interpolation,
    mirrored: false,
  };
}
