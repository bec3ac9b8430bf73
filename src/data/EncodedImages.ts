import type { Augmented } from "./Augmentation";
import type { Labels } from "./labels";

/** Images as a model reads them, all of one size. */
export interface EncodedImages {
  /** Each [height · width · 3] bytes, red, green, blue: a quarter of what the numbers take that they stand for. */
  pixels: Uint8Array[];
  /** Of every image, in pixels. */
  height: number;
  /** Of every image, in pixels. */
  width: number;
  /** By which a batch is normalised: (byte / 255 - mean) / std in each colour. */
  mean: number[];
  /** Of each colour between 0 and 1: see `mean`. */
  std: number[];
  /** null for images to predict. */
  labels: Labels | null;
  /** What a training sees in place of `pixels`, another view in each epoch; left out, it sees `pixels`. */
  augmented?: Augmented;
  /**
   * SHA-256 over bytes, normalisation, labels and how views are drawn, in hex: equal data, equal hash. A copy with other rows still
   * carries it, so the kit goes by the rows themselves; `takeRows` gives its own.
   */
  hash: string;
}
