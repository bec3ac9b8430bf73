import { InputError } from "../errors";
import { Random } from "../random";
import { decodeImage, whyUndecodable } from "./decodeImage";
import type { EncodedImages } from "./EncodedImages";
import { randomResizedCrop } from "./randomResizedCrop";

/**
 * A random view of each row's image as its `augmented` has it: a crop of the decoded file, scaled to the images' size, mirrored or
 * not. What is drawn depends on seed, epoch and row alone, whatever was drawn before.
 *
 * @returns bytes in the order of the rows, each [height · width · 3]
 * @throws InputError where a file is no image any more
 */
export function augmentedViews(
  { augmented, width, height }: EncodedImages & Required<Pick<EncodedImages, "augmented">>,
  rows: ArrayLike<number>,
  { seed, epoch }: { seed: number; epoch: number },
): Promise<Uint8Array[]> {
  const { paths, headers, interpolation, hflip } = augmented;
  const scaled = { width, height };
  const crop = { left: 0, top: 0, ...scaled };
  const view = async (row: number) => {
    const random = new Random(seed, "augment", epoch, row);
    const part = randomResizedCrop(random, headers[row], augmented);
    const mirrored = random.uniform() < hflip;
    try {
      return await decodeImage(paths[row], headers[row], { part, scaled, crop, interpolation, mirrored });
    } catch (error) {
      throw new InputError(
        `${whyUndecodable(paths[row], error)}: expected the image that was there when training began`,
      );
    }
  };
  return Promise.all(Array.from(rows, view));
}
