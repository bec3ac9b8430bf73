import { checkArguments } from "../options/checkArguments";
import { readOptions } from "../options/readOptions";
import type { Figure } from "./figure";
import { PICTURE_MARK } from "./isPicture";
import { drawn, type PictureSize } from "./toSvg";

export interface PngSize extends PictureSize {
  /** Pixels of the file for each that the size names, for dense screens and print. Default: 2. */
  scale?: number;
}

/**
 * A figure as a PNG, without a browser: `scale` times as many pixels as the size names, 2 unless named, so that it is
 * sharp on a dense screen and in print. Texts are set in a font of the machine's: one without any leaves them out.
 *
 * @throws InputError for a size that is no number of pixels
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 *
 * writeFileSync("accuracy.png", await toPng(accuracyFigure(records)));
 * ```
 */
export async function toPng(figure: Figure, size: PngSize = {}): Promise<Buffer> {
  const { scale, ...rest } = readOptions("toPng", size);
  checkArguments("toPng", { figure });
  return rasterize(await drawn(figure, rest), scale);
}

/** An SVG picture as a PNG of `scale` times its pixels. */
export async function rasterize(svg: string, scale = 2): Promise<Buffer> {
  const { default: sharp } = await import("sharp");
  // To sharp an SVG's pixel is 1/72 inch.
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .withExif({ IFD0: { Software: PICTURE_MARK } })
    .png()
    .toBuffer();
}
