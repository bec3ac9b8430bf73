/** The words that options take, each list in one place: types, checks, the command line and the documents read them here. */

export const SCHEDULES = ["linear", "cosine", "constant"] as const;

export const PROBLEM_TYPES = [
  "single_label_classification",
  "multi_label_classification",
  "regression",
] as const;

/** MSE and smooth L1 of numbers, binary cross-entropy of several labels, cross-entropy and ordinal of classes, focal of both. */
export const LOSSES = ["mse", "smoothL1", "bce", "crossEntropy", "focal", "ordinal"] as const;

export const POOLINGS = ["cls", "mean", "max", "meanMax", "attention", "firstRows", "gru", "lstm"] as const;

export const INTERPOLATIONS = ["bicubic", "bilinear", "nearest"] as const;

export const HEAD_INITS = ["random", "probe"] as const;

/** Means of a training's weights: exponential, and equal from an epoch on. */
export const AVERAGES = ["ema", "swa"] as const;

/** How weights are disturbed in training. */
export const ADVERSARIES = ["fgm", "awp"] as const;

export const RECIPES = ["layerwiseDecay", "gradual", "bitFit", "norms", "lora"] as const;

/** Which depth a search may be told to look for by a word. */
export const GOALS = ["deepest", "best"] as const;
