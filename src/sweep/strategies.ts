import { checkOneOf } from "../check";
import { InputError } from "../errors";
import { unfreezeWhere } from "../freeze";
import type { Classifier } from "../models/Classifier";
import { checkNames, readNamed } from "../options/readNamed";
import { recipes } from "../options/table";
import { RECIPES } from "../options/words";
import { addLora, type LoraOptions, removeLora } from "../recipes/addLora";
import { bitFit } from "../recipes/bitFit";
import { trainNorms } from "../recipes/trainNorms";
import { type Unfreeze, unfreezeSchedule } from "../training/Unfreezing";
import type { TrialSettings } from "./trial";

/** A way to fine-tune that a sweep sets beside freezing N blocks: a recipe's name, or the recipe with what it is to do otherwise. */
export type Strategy = (typeof RECIPES)[number] | Recipe;

/** One recipe, as plain JSON. */
export type Recipe = {
  /** What it is called in records and figures; default the recipe's. */
  name?: string;
  /** Default: the sweep's. Recipes that train little want more. */
  learningRate?: number;
} & (
  | { recipe: "layerwiseDecay" /** Default 0.9. */; decay?: number }
  | { recipe: "gradual" /** Default "gradual". */; unfreeze?: Unfreeze }
  | { recipe: "bitFit" }
  | { recipe: "norms" }
  | ({
      recipe: "lora";
      /**
       * Adapters on block N and those above it alone; what is below stays frozen, and is computed once. Several, for a trial of each.
       * Default: adapters on all blocks.
       */
      n?: number | number[];
    } & Omit<LoraOptions, "seed">)
);

/** The recipes with a name each, checked to suit the model and the trials' epochs; the model is left as it was. */
export function checkStrategies(
  strategies: readonly Strategy[],
  model: Classifier,
  epochs: number,
): (Recipe & { name: string })[] {
  const names = new Set(["freeze"]);
  return strategies.flatMap(depthsApart).map(({ recipe, i }) => {
    const name = recipe.name ?? recipe.recipe;
    if (names.has(name))
      throw new InputError(`strategies: expected a name of its own for each, got ${name} twice; set name`);
    names.add(name);
    if (recipe.recipe === "gradual") unfreezeSchedule(recipe.unfreeze ?? "gradual", epochs, model.depth);
    checkSuits(model, recipe, i);
    return { ...recipe, name };
  });
}

/** A recipe for each depth that one lists, with the depth in its name. */
function depthsApart(strategy: Strategy, i: number): { recipe: Recipe; i: number }[] {
  const recipe = checkStrategy(strategy, i);
  if (recipe.recipe !== "lora" || !Array.isArray(recipe.n)) return [{ recipe, i }];
  const { name = recipe.recipe } = recipe;
  return recipe.n.map((n) => ({ recipe: { ...recipe, n, name: `${name} N=${n}` }, i }));
}

/** Throws where a model has not what a recipe is to train: finds out by making it ready, which is undone. */
function checkSuits(model: Classifier, recipe: Recipe, i: number): void {
  const flags = model.namedParameters().map(([, parameter]) => ({ parameter, was: parameter.requiresGrad }));
  try {
    applyRecipe(model, recipe, 0)();
  } catch (error) {
    if (error instanceof InputError)
      throw new InputError(`strategies[${i}]: ${recipe.recipe}: ${error.message}`);
    throw error;
  } finally {
    for (const { parameter, was } of flags) parameter.requiresGrad = was;
  }
}

/** The recipe of the i-th strategy, checked as far as no model is needed for it. */
export function checkStrategy(strategy: Strategy, i: number): Recipe {
  const recipe = typeof strategy === "string" ? { recipe: strategy } : strategy;
  checkRecipeNames(recipe, `strategies[${i}]`);
  return readNamed("freezeSweep", recipes[recipe.recipe], recipe, `strategies[${i}]`) as Recipe;
}

/** Throws unless it is a recipe's name with settings of that recipe; what these hold is not looked at. */
export function checkRecipeNames(recipe: Pick<Recipe, "recipe">, path: string): void {
  checkOneOf(`${path}.recipe`, recipe?.recipe, RECIPES);
  checkNames("freezeSweep", recipes[recipe.recipe], recipe, path);
}

/** Makes a model ready for a recipe: its flags and adapters. What it returns takes the adapters off again. */
export function applyRecipe(model: Classifier, recipe: Recipe, seed: number): () => void {
  unfreezeWhere(model, () => true);
  if (recipe.recipe === "bitFit") bitFit(model);
  if (recipe.recipe === "norms") trainNorms(model);
  if (recipe.recipe !== "lora") return () => {};
  const { recipe: _, name: __, learningRate: ___, n, ...options } = recipe;
  addLora(model, {
    ...options,
    ...(n !== undefined && { layersToTransform: blocksFrom(n, model, options) }),
    seed,
  });
  return () => removeLora(model);
}

/** How a recipe's trials train: the sweep's settings, and what the recipe changes in them. */
export function recipeSettings(settings: TrialSettings, recipe: Recipe): TrialSettings {
  return {
    ...settings,
    ...(recipe.learningRate !== undefined && { learningRate: recipe.learningRate }),
    ...(recipe.recipe === "layerwiseDecay" && { layerwiseDecay: recipe.decay ?? 0.9 }),
    ...(recipe.recipe === "gradual" && { unfreeze: recipe.unfreeze ?? "gradual" }),
  };
}

/** The blocks that are not frozen where N are. */
function blocksFrom(
  n: number | number[],
  { depth }: Classifier,
  { layersToTransform }: LoraOptions,
): number[] {
  if (Array.isArray(n)) throw new InputError(`n: expected one depth by now, got ${n}`);
  if (layersToTransform)
    throw new InputError("expected n or layersToTransform, got both; leave one of them out");
  if (n >= depth)
    throw new InputError(
      `n: expected fewer blocks than the ${depth} there are, so that adapters have one to be on, got ${n}`,
    );
  return Array.from({ length: depth - n }, (_, i) => n + i);
}
