import sharp from "sharp";
import type { ImageTransform } from "../../src/data/loadImageTransform";
import { Random } from "../../src/random";
import { temporary } from "./temporary";

/** The transform of a model that reads squares of `size` pixels a side. */
export const transformTo = (size: number, cropPct = 1): ImageTransform => ({
  size,
  cropPct,
  interpolation: "bicubic",
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
});

/** Writes a folder of PNGs, `count` for each class: one colour with noise, so that classes can be told apart; its path. */
export async function imagesOf(
  name: string,
  classes: Record<string, [number, number, number]>,
  { count, side = 40 }: { count: number; side?: number },
): Promise<string> {
  let path = "";
  for (const [label, colour] of Object.entries(classes))
    for (let i = 0; i < count; i++) {
      const random = new Random("images", name, label, i);
      const data = Uint8Array.from({ length: side * side * 3 }, (_, at) =>
        Math.max(0, Math.min(255, colour[at % 3] + 20 * random.normal())),
      );
      const png = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
        .png()
        .toBuffer();
      path = temporary(`${name}/${label}/${i}.png`, png);
    }
  return path.split("/").slice(0, -2).join("/");
}
