import { InputError } from "../errors";
import { checkRecipeNames, type Recipe } from "./strategies";

/**
 * Recipes written as on a command line: `recipe[:setting=value]…`, joined by commas. Names and settings are those of `Recipe`; of those
 * that are several, as the epochs' N of `unfreeze`, each is set off by a slash.
 *
 * @throws InputError that names what is not known and lists what is
 * @example
 * ```ts
 * parseStrategies("gradual:unfreeze=6/3/-1,lora:rank=4:targetModules=query/key:learningRate=3e-3");
 * // [{ recipe: "gradual", unfreeze: [6, 3, -1] },
 * //  { recipe: "lora", rank: 4, targetModules: ["query", "key"], learningRate: 0.003 }]
 * ```
 */
export const parseStrategies = (text: string): Recipe[] =>
  text.split(",").map((part, i) => parseRecipe(part, `strategies[${i}]`));

function parseRecipe(text: string, path: string): Recipe {
  const [name, ...settings] = text.trim().split(":");
  const written: Record<string, string> = Object.assign(Object.create(null), { recipe: name });
  for (const setting of settings) {
    const [, key, value] = /^(\w+)=(.+)$/.exec(setting) ?? [];
    if (key === undefined)
      throw new InputError(`strategies: expected ${name}:setting=value, got ${JSON.stringify(text.trim())}`);
    if (key in written) throw new InputError(`strategies: ${name}: expected ${key} once, got it twice`);
    written[key] = value;
  }
  checkRecipeNames(written as unknown as Recipe, path);
  const values = Object.entries(written).map(([key, value]) => [key, settingOf(name, key, value)]);
  return Object.fromEntries(values) as Recipe;
}

/** Settings that may be several numbers, joined by slashes. */
const LISTS = ["unfreeze", "layersToTransform", "n"];
const FLAGS = ["useRslora", "useDora"];

function settingOf(recipe: string, key: string, value: string): unknown {
  if (key === "recipe" || key === "name" || (key === "unfreeze" && value === "gradual")) return value;
  if (key === "targetModules") return value.split("/");
  if (FLAGS.includes(key)) {
    if (value === "true" || value === "false") return value === "true";
    throw new InputError(
      `strategies: ${recipe}: expected true or false as ${key}, got ${JSON.stringify(value)}`,
    );
  }
  const numbers = value.split("/").map(numberOf);
  if (
    !numbers.every(Number.isFinite) ||
    (value.includes("none") && key !== "unfreeze") ||
    (numbers.length > 1 && !LISTS.includes(key))
  )
    throw new InputError(`strategies: ${recipe}: expected a number as ${key}, got ${JSON.stringify(value)}`);
  return LISTS.includes(key) ? numbers : numbers[0];
}

/** As on the rest of the command line, `none` is the N at which nothing is frozen. */
const numberOf = (part: string): number =>
  part.trim() === "" ? Number.NaN : part.trim() === "none" ? -1 : Number(part);
