import { InputError } from "../errors";
import { bert } from "./bert";
import { debertaV2 } from "./debertaV2";
import type { Family } from "./Family";
import { modernbert } from "./modernbert";

const FAMILIES: Family[] = [bert, debertaV2, modernbert];

/** The family that a config's `model_type` names; `file` is where the config stands, for the error. */
export function familyOf(config: Record<string, unknown>, file: string): Family {
  const family = FAMILIES.find(({ modelType }) => modelType === config.model_type);
  if (!family)
    throw new InputError(
      `${file}: model_type ${JSON.stringify(config.model_type)} is not supported; supported are ${FAMILIES.map(({ modelType }) => modelType).join(", ")}`,
    );
  return family;
}
