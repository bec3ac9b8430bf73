import type { EncodedImages } from "../../src/data/EncodedImages";
import { Random } from "../../src/random";

/** Square images of noise, of two classes in turns. */
export function noiseImages(count: number, size: number): EncodedImages {
  const random = new Random(2, "images");
  const pixels = Array.from({ length: count }, () =>
    Uint8Array.from({ length: size * size * 3 }, () => random.integer(256)),
  );
  const ids = Int32Array.from({ length: count }, (_, row) => row % 2);
  return {
    pixels,
    height: size,
    width: size,
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
    files: pixels.map((_, row) => `${row}.png`),
    labels: { problemType: "single_label_classification", classes: ["no", "yes"], ids },
    hash: "noise",
  } as EncodedImages;
}
