import type { Sharp } from "sharp";
import { reasonOf } from "../text/oneLine";
import type { ImageTransform } from "./loadImageTransform";

/** How large an image is, in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A part of an image, in pixels. */
export interface Box extends Size {
  left: number;
  top: number;
}

/** What is cut out of an image that is held as its camera was: of `part`, once it is `scaled`, the `crop`, mirrored or not. */
export interface Cut {
  part: Box;
  scaled: Size;
  crop: Box;
  interpolation: ImageTransform["interpolation"];
  mirrored: boolean;
}

const KERNELS = { bicubic: "cubic", bilinear: "linear", nearest: "nearest" } as const;

/** How large an image is, held as its camera was, and whether it is transparent somewhere. */
export interface Header extends Size {
  hasAlpha: boolean;
}

/** Reads what an image's file says of it, and nothing of its pixels. */
export async function imageHeader(path: string): Promise<Header> {
  const { autoOrient, hasAlpha } = await (await opened(path)).metadata();
  return { ...autoOrient, hasAlpha };
}

/**
 * Decodes an image file and cuts [height · width · 3] bytes of the crop out of it, red, green, blue, scaled as Pillow scales, the way
 * of the camera obeyed, transparency dropped, grey made red, green and blue.
 *
 * @throws whatever sharp finds wrong with the file
 */
export async function decodeImage(path: string, { hasAlpha }: Header, cut: Cut): Promise<Uint8Array> {
  const { part, scaled, crop, mirrored } = cut;
  let source = (await opened(path)).autoOrient().toColourspace("srgb").removeAlpha().extract(part);
  // Scaled together with it, colours would be weighed by their transparency.
  if (hasAlpha) source = await rendered(source);
  if (scaled.width <= part.width && scaled.height <= part.height)
    return rgb(await raw(resized(source, scaled, cut).extract(crop).flop(mirrored)));
  // libvips enlarges half a pixel off (libvips/issues/943): at twice the size every second pixel lies where it should. A side that
  // shrinks meanwhile does so first, as it would be half a pixel off as well.
  const [width, height] = [Math.min(part.width, scaled.width), Math.min(part.height, scaled.height)];
  if (width < part.width || height < part.height)
    source = await rendered(resized(source, { width, height }, cut));
  const twice = resized(source, { width: 2 * scaled.width, height: 2 * scaled.height }, cut).extract({
    left: 2 * crop.left,
    top: 2 * crop.top,
    width: 2 * crop.width,
    height: 2 * crop.height,
  });
  return rgb(everySecond(await raw(twice.flop(mirrored)), mirrored ? 0 : 1));
}

/** What is wrong with a file, in one line. */
export const whyUndecodable = (path: string, error: unknown): string => `${path} (${reasonOf(error)})`;

interface Raw {
  data: Uint8Array;
  info: Size & { channels: 1 | 2 | 3 | 4 };
}

const raw = (image: Sharp): Promise<Raw> => image.raw().toBuffer({ resolveWithObject: true });

/** The image with all operations so far carried out, as a new one: sharp would otherwise run them in an order of its own. */
async function rendered(image: Sharp): Promise<Sharp> {
  const { data, info } = await raw(image);
  return (await load())(data, { raw: info });
}

function resized(image: Sharp, { width, height }: Size, { interpolation }: Cut): Sharp {
  return image.resize(width, height, {
    fit: "fill",
    kernel: KERNELS[interpolation],
    fastShrinkOnLoad: false,
  });
}

/** Every second row from the second, and of it every second pixel from `first`. */
function everySecond({ data, info }: Raw, first: 0 | 1): Raw {
  const [width, height] = [info.width / 2, info.height / 2];
  const { channels } = info;
  const half = new Uint8Array(width * height * channels);
  let to = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = ((2 * y + 1) * info.width + 2 * x + first) * channels;
      for (let c = 0; c < channels; c++) half[to++] = data[from + c];
    }
  return { data: half, info: { width, height, channels } };
}

function rgb({ data, info }: Raw): Uint8Array {
  if (info.channels === 3) return new Uint8Array(data);
  if (info.channels === 1)
    return Uint8Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]);
  throw new Error(`expected 3 colours, got ${info.channels}`);
}

/** Loaded when it is needed: importing the kit stays cheap. */
const load = async () => (await import("sharp")).default;

const opened = async (path: string): Promise<Sharp> => (await load())(path, { failOn: "error" });
