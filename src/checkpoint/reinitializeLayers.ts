import { checkInteger } from "../check";
import type { ParameterLoader } from "../models/ParameterLoader";
import type { TextInputs } from "../models/textInputs";
import type { Stage } from "../nn/Stage";

/** Draws so many blocks, counted from the last, anew. */
export function reinitializeLayers(
  stages: Stage<TextInputs>[],
  loader: ParameterLoader,
  layers: number,
): void {
  const blocks = stages.slice(1, -1);
  checkInteger("reinitLayers", layers, 0, blocks.length);
  for (const block of blocks.slice(blocks.length - layers))
    for (const parameter of block.parameters) loader.redraw(parameter);
}
