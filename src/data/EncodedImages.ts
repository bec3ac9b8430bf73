import type { Augmented } from "./Augmentation";
import type { Labels } from "./labels";

/** Images as a model reads them, all of one size. */
export interface EncodedImages {
  /** Each [height · width · 3] bytes, red, green, blue: a quarter of what the numbers take that they stand for. */
  pixels: Uint8Array[];
  height: number;
  width: number;
  /** By which a batch is normalised: (byte / 255 - mean) / std in each colour. */
  mean: number[];
  std: number[];
  labels: Labels | null;
  /** What a training sees in place of `pixels`, another view in each epoch; left out, it sees `pixels`. */
  augmented?: Augmented;
  /** SHA-256 over bytes, normalisation, labels and how views are drawn, in hex: equal data, equal hash. */
  hash: string;
}
