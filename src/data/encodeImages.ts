import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import type sharp from "sharp";
import { InputError } from "../errors";
import type { EncodedImages } from "./EncodedImages";
import type { ImageRows } from "./imageFolder";
import type { ImageTransform } from "./loadImageTransform";

const KERNELS = { bicubic: "cubic", bilinear: "linear", nearest: "nearest" } as const;

/** So many bad files are named before the rest is counted. */
const NAMED = 10;

/**
 * Decodes every image, scales its shorter side to size / crop_pct and takes the square in the middle, as timm does for
 * evaluation. The way a camera was held is obeyed, transparency is dropped, grey becomes red, green and blue.
 *
 * @param options.onProgress told how many images of how many are done
 * @throws InputError that names the files that are no images; whatever the signal was aborted with
 * @example
 * const encoded = await encodeImages(takeRows(rows, train), await loadImageTransform(folder));
 */
export async function encodeImages(
  rows: ImageRows,
  transform: ImageTransform,
  options: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void } = {},
): Promise<EncodedImages> {
  const { signal, onProgress } = options;
  // Loaded when it is needed: importing the kit stays cheap.
  const { default: decode } = await import("sharp");
  const { paths, labels } = rows;
  const { size, mean, std } = transform;
  const pixels: Uint8Array[] = [];
  const bad: string[] = [];
  const atOnce = availableParallelism();
  for (let start = 0; start < paths.length; start += atOnce) {
    signal?.throwIfAborted();
    const decoded = paths.slice(start, start + atOnce).map(async (path, i) => {
      try {
        pixels[start + i] = await encodeImage(decode, path, transform);
      } catch (error) {
        bad[start + i] = `${path} (${(error as Error).message.split("\n")[0]})`;
      }
    });
    await Promise.all(decoded);
    onProgress?.(Math.min(start + atOnce, paths.length), paths.length);
  }
  const named = bad.filter((message) => message !== undefined);
  if (named.length > 0)
    throw new InputError(
      `${rows.source}: expected images, but ${named.length} of ${paths.length} files cannot be decoded: ${named.slice(0, NAMED).join(", ")}${named.length > NAMED ? ", …" : ""}; mend or remove them`,
    );
  return { pixels, height: size, width: size, mean, std, labels, hash: hashOf(pixels, rows, transform) };
}

async function encodeImage(
  decode: typeof sharp,
  path: string,
  transform: ImageTransform,
): Promise<Uint8Array> {
  const { size, cropPct, interpolation } = transform;
  const image = decode(path, { failOn: "error" });
  const { autoOrient } = await image.metadata();
  // Rounded as timm and torchvision do: sizes down, what lies off centre to the nearest, halves to the even one.
  const shorter = Math.floor(size / cropPct);
  const portrait = autoOrient.height > autoOrient.width;
  const longer = Math.floor(
    (shorter * Math.max(autoOrient.width, autoOrient.height)) / Math.min(autoOrient.width, autoOrient.height),
  );
  const [width, height] = portrait ? [shorter, longer] : [longer, shorter];
  const { data, info } = await image
    .autoOrient()
    .toColourspace("srgb")
    .removeAlpha()
    .resize(width, height, { fit: "fill", kernel: KERNELS[interpolation], fastShrinkOnLoad: false })
    .extract({
      left: roundHalfToEven((width - size) / 2),
      top: roundHalfToEven((height - size) / 2),
      width: size,
      height: size,
    })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels === 3) return new Uint8Array(data);
  if (info.channels === 1)
    return Uint8Array.from({ length: size * size * 3 }, (_, i) => data[Math.floor(i / 3)]);
  throw new Error(`expected 3 colours, got ${info.channels}`);
}

function roundHalfToEven(x: number): number {
  const down = Math.floor(x);
  return x - down === 0.5 ? down + (down % 2) : Math.round(x);
}

function hashOf(pixels: Uint8Array[], { labels }: ImageRows, { size, mean, std }: ImageTransform): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([size, mean, std, labels?.problemType ?? null, labels?.classes ?? null]));
  for (const image of pixels) hash.update(image);
  if (labels) hash.update(labels.problemType === "single_label_classification" ? labels.ids : labels.values);
  return hash.digest("hex");
}
