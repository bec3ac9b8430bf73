import fc from "fast-check";
import sharp from "sharp";
import { encodeImages } from "../../../src/data/encodeImages";
import { imageFolder } from "../../../src/data/imageFolder";
import { transformTo } from "../../data/images";
import { mutatedBytes } from "../mutated";
import type { Target } from "../Target";

const picture = () =>
  sharp({ create: { width: 9, height: 7, channels: 4, background: { r: 200, g: 30, b: 4, alpha: 0.5 } } });

/** The bases have to be made by a library that gives promises. */
export async function imageTarget(): Promise<Target> {
  const bases = {
    "a/1.png": await picture().png().toBuffer(),
    "a/2.jpg": await picture().jpeg().toBuffer(),
    "b/3.webp": await picture().webp().toBuffer(),
    "b/4.gif": await picture().gif().toBuffer(),
  };
  return {
    name: "image",
    cases: fc.oneof(
      ...Object.entries(bases).map(([name, bytes]) =>
        mutatedBytes([bytes]).map((other) => ({ ...bases, [name]: other })),
      ),
    ),
    async read(folder) {
      const rows = await imageFolder(folder, { log: () => {} });
      await encodeImages(rows, transformTo(8), {});
    },
  };
}
