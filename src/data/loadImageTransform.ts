import { join } from "node:path";
import { configFile, readJsonObject } from "../checkpoint/modelFiles";
import { checkModelFolder } from "../checkpoint/refuseParent";
import { resolveModel } from "../checkpoint/resolveModel";
import { InputError } from "../errors";
import { checkArguments } from "../options/checkArguments";
import { noOptions } from "../options/noOptions";

/** How an image becomes what a model was trained on, under the names of timm's `pretrained_cfg`. */
export interface ImageTransform {
  /** What the model sees: a square of so many pixels a side. */
  size: number;
  /** The share of the shorter side that the square covers. */
  cropPct: number;
  /** How pixels are scaled. */
  interpolation: "bicubic" | "bilinear" | "nearest";
  /** Of each colour between 0 and 1. */
  mean: number[];
  /** Of each colour between 0 and 1. */
  std: number[];
}

/**
 * The transform that a model's config.json asks for; what it leaves open is timm's default: 224 pixels, `crop_pct` 0.875,
 * bicubic, ImageNet's mean and deviation.
 *
 * @throws InputError where the folder has no config.json, or it asks for what is not supported
 * @example
 * ```ts
 * const transform = await loadImageTransform("timm/resnet18.a1_in1k");
 * const train = await encodeImages(await imageFolder("pets"), transform);
 * ```
 */
export async function loadImageTransform(idOrFolder: string): Promise<ImageTransform>;
export async function loadImageTransform(idOrFolder: string, ...more: unknown[]): Promise<ImageTransform> {
  noOptions("loadImageTransform", more);
  checkArguments("loadImageTransform", { idOrFolder });
  const folder = await resolveModel(idOrFolder);
  checkModelFolder(folder);
  const file = join(folder, configFile);
  return imageTransform(readJsonObject(file), file);
}

/** The transform that a config asks for; `file` is where it stands, for errors. */
export function imageTransform(config: Record<string, unknown>, file: string): ImageTransform {
  const given = { ...config, ...(config.pretrained_cfg as Record<string, unknown> | undefined) };
  const wrong = (field: string, expected: string) =>
    new InputError(
      `${file}: expected ${expected} as ${field}, got ${JSON.stringify(given[field])}, which is not supported`,
    );
  const {
    input_size: inputSize = [3, 224, 224],
    crop_pct: cropPct = 0.875,
    crop_mode: mode = "center",
  } = given;
  const { interpolation = "bicubic", mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225] } = given;
  const three = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length === 3 && value.every((number) => Number.isFinite(number));
  if (!three(inputSize) || inputSize[0] !== 3 || inputSize[1] !== inputSize[2])
    throw wrong("input_size", "[3, size, size]");
  if (typeof cropPct !== "number" || !(cropPct > 0 && cropPct <= 1))
    throw wrong("crop_pct", "a number above 0 and up to 1");
  if (mode !== "center") throw wrong("crop_mode", '"center"');
  if (interpolation !== "bicubic" && interpolation !== "bilinear" && interpolation !== "nearest")
    throw wrong("interpolation", "bicubic, bilinear or nearest");
  if (!three(mean)) throw wrong("mean", "three numbers");
  if (!three(std) || std.some((deviation) => deviation <= 0)) throw wrong("std", "three numbers above 0");
  return { size: inputSize[1], cropPct, interpolation, mean, std };
}
