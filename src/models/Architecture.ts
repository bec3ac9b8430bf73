import type { Parameter } from "../nn/Parameter";
import type { Stage } from "../nn/Stage";
import type { Config, Take } from "./Family";
import type { ImageInputs } from "./imageInputs";

/** Takes a buffer of that name and shape out of the checkpoint, or starts it constant. */
export type TakeBuffer = (name: string, shape: number[], initializer: "zeros" | "ones") => Parameter;

/** How one image model is laid out, under timm's and torchvision's names. */
export interface Architecture {
  /** `architecture` in timm's config.json. */
  name: string;
  /** Name of the last layer, whose size follows the number of classes. */
  classifier: string;
  /** The same model as a config.json of Python's Transformers says it, but for the names of its classes. */
  transformersConfig(config: Config): Record<string, unknown>;
  /** Stem, stages and head, in the order they run; `take` is called in the order of Python's `named_parameters()`. */
  stages(config: Config, numLabels: number, take: Take, takeBuffer: TakeBuffer): Stage<ImageInputs>[];
}
