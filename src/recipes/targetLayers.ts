import { InputError } from "../errors";
import type { Classifier } from "../models/Classifier";
import type { Adaptable } from "../nn/linear";

/** What adapters are put on unless told otherwise: query and value, as the families call them. */
const QUERY_AND_VALUE = ["query", "value", "query_proj", "value_proj", "q_lin", "v_lin"];

/** PEFT's rule for a list of names: a module's own name, or how it ends. */
export const isTarget = (module: string, targets: readonly string[]): boolean =>
  targets.some((target) => module === target || module.endsWith(`.${target}`));

/** As PEFT finds which block a module is in: the first number in its name; null where there is none. */
export function layerOf(module: string): number | null {
  const index = /^.*?\.[^.]*\.(\d+)\./.exec(module)?.[1];
  return index === undefined ? null : Number(index);
}

/**
 * The dense layers of a model's blocks that these options choose, in the order they run.
 *
 * @throws InputError where a name or a number chooses none
 */
export function targetLayers(
  model: Classifier,
  { targetModules, layersToTransform }: { targetModules?: string[]; layersToTransform?: number[] },
): Adaptable[] {
  const all = [...new Set(model.stages.flatMap((stage) => stage.adaptable ?? []))];
  const modules = all.map((layer) => ({ layer, name: layer.weight.name.replace(/\.weight$/, "") }));
  const ends = () => [...new Set(modules.map(({ name }) => name.replace(/^.*\.\d+\./, "")))].join(", ");
  const targets = targetModules ?? QUERY_AND_VALUE;
  if (all.length === 0 || (!targetModules && !modules.some(({ name }) => isTarget(name, targets))))
    throw new InputError(
      `LoRA goes on query and value layers of their own, which ${model.modelType} has not; try bitFit, trainNorms or topNLayerFreeze${all.length ? `, or name layers by targetModules, of ${ends()}` : ""}`,
    );
  for (const target of targetModules ?? [])
    if (!modules.some(({ name }) => isTarget(name, [target])))
      throw new InputError(
        `targetModules: expected names of dense layers of the blocks, got ${JSON.stringify(target)}; there are ${ends()}`,
      );
  const named = modules.filter(({ name }) => isTarget(name, targets));
  const blocks = [...new Set(named.map(({ name }) => layerOf(name)))];
  for (const index of layersToTransform ?? [])
    if (!blocks.includes(index))
      throw new InputError(
        `layersToTransform: expected numbers of blocks, of ${blocks.join(", ")}, got ${index}`,
      );
  return named.flatMap(({ layer, name }) =>
    !layersToTransform || layersToTransform.includes(layerOf(name)!) ? layer : [],
  );
}
