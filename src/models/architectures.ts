import { InputError } from "../errors";
import type { Architecture } from "./Architecture";
import { resnet18, resnet34 } from "./resnet";

const ARCHITECTURES: Architecture[] = [resnet18, resnet34];

/** Whether a config is of an image model: timm's names an `architecture`, that of Transformers a `model_type`. */
export const isOfImages = (config: Record<string, unknown>): boolean =>
  config.model_type === undefined && config.architecture !== undefined;

/** The architecture that a timm config names; `file` is where the config stands, for the error. */
export function architectureOf(config: Record<string, unknown>, file: string): Architecture {
  const architecture = ARCHITECTURES.find(({ name }) => name === config.architecture);
  if (!architecture)
    throw new InputError(
      `${file}: architecture ${JSON.stringify(config.architecture ?? config.model_type)} is not supported; supported are ${ARCHITECTURES.map(({ name }) => name).join(", ")}`,
    );
  return architecture;
}
