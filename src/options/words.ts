/** The words that options take, each list in one place: types, checks, the command line and the documents read them here. */

export const SCHEDULES = ["linear", "cosine", "constant"] as const;

export const PROBLEM_TYPES = [
  "single_label_classification",
  "multi_label_classification",
  "regression",
] as const;

export const POOLINGS = ["cls", "mean", "max", "attention"] as const;

export const INTERPOLATIONS = ["bicubic", "bilinear", "nearest"] as const;

export const HEAD_INITS = ["random", "probe"] as const;

export const RECIPES = ["layerwiseDecay", "gradual", "bitFit", "norms", "lora"] as const;
