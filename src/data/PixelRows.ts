import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { firstNotFinite, shown } from "../check";
import { InputError } from "../errors";
import { augmentedViews } from "./augmentedViews";
import type { EncodedImages } from "./EncodedImages";
import type { Labels } from "./labels";
import { Rows } from "./Rows";

/** Images as bytes. */
export class PixelRows extends Rows<EncodedImages> {
  readonly kind = "images";

  get inputs() {
    return this.dataset.pixels;
  }

  get lengths() {
    return new Int32Array(this.count).fill(1);
  }

  check(name: string): void {
    const { pixels, height, width, mean, std, augmented } = this.dataset;
    for (const [field, value] of [["height", height] as const, ["width", width] as const])
      if (!(Number.isInteger(value) && value >= 1))
        throw new InputError(
          `${name}: ${field}: expected a number of pixels, as encodeImages gives it, got ${shown(value)}`,
        );
    if (
      mean?.length !== 3 ||
      std?.length !== 3 ||
      firstNotFinite([...mean, ...std]) >= 0 ||
      !std.every((each) => each > 0)
    )
      throw new InputError(
        `${name}: expected three finite numbers as mean and three above 0 as std, got ${shown(mean)} and ${shown(std)}`,
      );
    if (augmented && (augmented.paths.length !== pixels.length || augmented.headers.length !== pixels.length))
      throw new InputError(
        `${name}: expected ${pixels.length} files, one an image, that random views are cut out of, got ${augmented.paths.length}; takeRows takes both`,
      );
  }

  hash(): string {
    const { pixels, height, width, mean, std } = this.dataset;
    const hash = createHash("sha256").update(JSON.stringify([pixels.length, height, width, mean, std]));
    for (const image of pixels) hash.update(image);
    return hash.digest("hex");
  }

  take(rows: number[], labels: Labels | null): EncodedImages {
    const { pixels, augmented } = this.dataset;
    const pick = <T>(values: readonly T[]) => rows.map((row) => values[row]);
    const views = augmented && {
      augmented: { ...augmented, paths: pick(augmented.paths), headers: pick(augmented.headers) },
    };
    return new PixelRows({ ...this.dataset, pixels: pick(pixels), labels, ...views }).hashed();
  }

  batch(rows: Int32Array) {
    const { pixels, height, width, mean, std } = this.dataset;
    const images = Array.from(rows, (row) => pixels[row]);
    const lengths = new Int32Array(rows.length).fill(1);
    return { pixels: images, height, width, mean, std, sequenceLength: 1, lengths };
  }

  override toString(): string {
    return `images of ${this.dataset.height} x ${this.dataset.width} pixels`;
  }

  facts() {
    return { imageSize: `${this.dataset.height} x ${this.dataset.width}` };
  }

  override epoch(draw: { seed: number; epoch: number }) {
    const { augmented } = this.dataset;
    if (!augmented) return super.epoch(draw);
    const viewsOf = async (batches: Int32Array[]): Promise<Rows> => {
      const rows = batches.flatMap((batch) => [...batch]);
      const views = await augmentedViews({ ...this.dataset, augmented }, rows, draw);
      const pixels: Uint8Array[] = [];
      for (const [i, row] of rows.entries()) pixels[row] = views[i];
      return new PixelRows({ ...this.dataset, pixels });
    };
    let ahead: Promise<Rows> | null = null;
    return async (rows: Int32Array[], next: Int32Array[]) => {
      const now = await (ahead ?? viewsOf(rows));
      ahead = next.length > 0 ? viewsOf(next) : null;
      // Whatever fails is thrown where it is waited for; a run that has ended by then does not care.
      ahead?.catch(() => {});
      // Lets the decoding begin before the step blocks this thread.
      if (ahead) await setImmediate();
      return now;
    };
  }

  protected override get views() {
    if (!this.dataset.augmented) return null;
    const { scale, ratio, hflip, interpolation, headers } = this.dataset.augmented;
    return [scale, ratio, hflip, interpolation, headers];
  }
}
