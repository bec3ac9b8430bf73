import type { Random } from "../random";
import type { Box, Size } from "./decodeImage";
import { roundHalfToEven } from "./roundHalfToEven";

/** So often a box is drawn that may not fit, before the middle is taken. */
const ATTEMPTS = 10;

/**
 * Which part of an image of width x height a random crop takes, as `get_params` of torchvision's RandomResizedCrop and timm's
 * RandomResizedCropAndInterpolation: its share of the area uniform on `scale`, width / height log-uniform on `ratio`, anywhere in the
 * image. Where none of ten draws fits, it is the largest part in the middle whose ratio is allowed.
 */
export function randomResizedCrop(
  random: Random,
  { width, height }: Size,
  { scale, ratio }: { scale: readonly [number, number]; ratio: readonly [number, number] },
): Box {
  const between = ([low, high]: readonly [number, number]) => low + (high - low) * random.uniform();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const area = width * height * between(scale);
    const aspect = Math.exp(between([Math.log(ratio[0]), Math.log(ratio[1])]));
    const w = roundHalfToEven(Math.sqrt(area * aspect));
    const h = roundHalfToEven(Math.sqrt(area / aspect));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    const top = random.integer(height - h + 1);
    return { left: random.integer(width - w + 1), top, width: w, height: h };
  }
  const aspect = Math.min(ratio[1], Math.max(ratio[0], width / height));
  // At least one pixel, for images that are a single line of pixels.
  const w = width / height > aspect ? Math.max(1, roundHalfToEven(height * aspect)) : width;
  const h = width / height < aspect ? Math.max(1, roundHalfToEven(width / aspect)) : height;
  return { left: Math.floor((width - w) / 2), top: Math.floor((height - h) / 2), width: w, height: h };
}
