import { InputError } from "../errors";
import { albert } from "./albert";
import { isOfImages } from "./architectures";
import { bert } from "./bert";
import { debertaV2 } from "./debertaV2";
import { distilbert } from "./distilbert";
import { electra } from "./electra";
import type { Family } from "./Family";
import { modernbert } from "./modernbert";
import { roberta } from "./roberta";
import { xlmRoberta } from "./xlmRoberta";

export const FAMILIES: readonly Family[] = [
  bert,
  roberta,
  xlmRoberta,
  distilbert,
  electra,
  albert,
  debertaV2,
  modernbert,
];

/** The family that a config's `model_type` names; `file` is where the config stands, for the error. */
export function familyOf(config: Record<string, unknown>, file: string): Family {
  const family = FAMILIES.find(({ modelType }) => modelType === config.model_type);
  if (!family && isOfImages(config))
    throw new InputError(
      `${file}: architecture ${JSON.stringify(config.architecture)} reads images; load it by AutoModelForImageClassification`,
    );
  if (!family)
    throw new InputError(
      `${file}: model_type ${JSON.stringify(config.model_type)} is not supported; supported are ${FAMILIES.map(({ modelType }) => modelType).join(", ")}`,
    );
  return family;
}
