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
  | ({ recipe: "lora" } & Omit<LoraOptions, "seed">)
);

/** The recipes with a name each, checked to suit the model and the trials' epochs; the model is left as it was. */
export function checkStrategies(
  strategies: readonly Strategy[],
  model: Classifier,
  epochs: number,
): (Recipe & { name: string })[] {
  const names = new Set(["freeze"]);
  return strategies.map((strategy, i) => {
    const recipe = checkStrategy(strategy, i);
    const name = recipe.name ?? recipe.recipe;
    if (names.has(name))
      throw new InputError(`strategies: expected a name of its own for each, got ${name} twice; set name`);
    names.add(name);
    if (recipe.recipe === "gradual") unfreezeSchedule(recipe.unfreeze ?? "gradual", epochs, model.depth);
    checkSuits(model, recipe, i);
    return { ...recipe, name };
  });
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
  const { rank, alpha, dropout } = recipe;
  addLora(model, { rank, alpha, dropout, seed });
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
