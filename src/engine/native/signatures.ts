// Inputs and outputs of each op that kernels/tensorflowOps.cc registers with TensorFlow, declared once. TypeScript calls ops by these
// names (nativeKernels.ts); for C++ a header is written of them where the kernels are compiled (signatureHeader.ts).

/** An attribute is fixed for a call: a size, a switch, a rate. */
export type AttributeKind = "int" | "float" | "bool";
/** "floats" are several tensors, as many as the attribute `count` says unless `lengths` names another one. */
export type TensorKind = "float" | "int32" | "floats";

export interface Signature {
  attributes: Record<string, AttributeKind>;
  /** In the order in which the op takes them. */
  inputs: Record<string, TensorKind>;
  outputs: Record<string, TensorKind>;
  /** The attributes that hold the lengths of lists, where that is not `count`. */
  lengths?: Record<string, string>;
}

const layer = {
  heads: "int",
  scale: "float",
  activation: "int",
  bf16: "bool",
  rate: "float",
  innerRate: "float",
  weightsRate: "float",
} as const;

const rotaryAttention = {
  batch: "int",
  heads: "int",
  queries: "int",
  reach: "int",
  block: "int",
  margin: "int",
  keys: "int",
  rate: "float",
  bf16: "bool",
} as const;

/** `parameters`: weights of the six products, their biases, then weight and bias of either norm. */
const layerForward = {
  attributes: { count: "int", eps: "float", innerEps: "float", ...layer },
  // `numbers`: two halves of a number that stands for the weights, or zeros, and the seeds of weights, attended and output.
  inputs: { x: "float", mask: "float", parameters: "floats", numbers: "int32" },
} as const;

export const SIGNATURES = {
  Products: {
    attributes: { count: "int" },
    // `settings`, of each product: transpose a, transpose b, activation of a, of b, whose slope, bfloat16, sums of rows, and the product
    // it is added to or -1.
    inputs: { a: "floats", b: "floats", bias: "floats", slopeOf: "floats", add: "floats", settings: "int32" },
    outputs: { y: "floats", sums: "floats" },
  },
  LayerNorm: {
    attributes: { eps: "float", rate: "float" },
    inputs: { x: "float", residual: "float", weight: "float", bias: "float", seed: "int32" },
    outputs: { y: "float", normal: "float", scale: "float" },
  },
  LayerNormGrad: {
    attributes: { rate: "float", ofX: "bool", ofResidual: "bool", ofWeight: "bool", ofBias: "bool" },
    inputs: { dy: "float", normal: "float", scale: "float", weight: "float", add: "float", seed: "int32" },
    outputs: { x: "float", residual: "float", weight: "float", bias: "float" },
  },
  Attention: {
    attributes: { batch: "int", heads: "int", scale: "float", rate: "float", bf16: "bool" },
    inputs: { query: "float", key: "float", value: "float", mask: "float", seed: "int32" },
    outputs: { y: "float", weights: "float" },
  },
  AttentionGrad: {
    attributes: {
      batch: "int",
      heads: "int",
      scale: "float",
      rate: "float",
      bf16: "bool",
      ofQuery: "bool",
      ofKey: "bool",
      ofValue: "bool",
    },
    inputs: { dy: "float", query: "float", key: "float", value: "float", weights: "float", seed: "int32" },
    outputs: { query: "float", key: "float", value: "float" },
  },
  RotaryAttention: {
    attributes: rotaryAttention,
    inputs: { qkv: "float", cos: "float", sin: "float", mask: "float", seed: "int32" },
    outputs: { y: "float", weights: "float" },
  },
  RotaryAttentionGrad: {
    attributes: rotaryAttention,
    inputs: { dy: "float", qkv: "float", cos: "float", sin: "float", weights: "float", seed: "int32" },
    outputs: { qkv: "float" },
  },
  FirstRowAttention: {
    attributes: { heads: "int", scale: "float", rate: "float" },
    inputs: {
      query: "float",
      x: "float",
      keyWeight: "float",
      valueWeight: "float",
      valueBias: "float",
      mask: "float",
      seed: "int32",
    },
    outputs: { y: "float", weights: "float", turned: "float", pooled: "float" },
  },
  FirstRowAttentionGrad: {
    attributes: {
      heads: "int",
      scale: "float",
      rate: "float",
      ofQuery: "bool",
      ofX: "bool",
      ofKeyWeight: "bool",
      ofValueWeight: "bool",
      ofValueBias: "bool",
    },
    inputs: {
      dy: "float",
      weights: "float",
      pooled: "float",
      turned: "float",
      query: "float",
      x: "float",
      keyWeight: "float",
      valueWeight: "float",
      valueBias: "float",
      add: "float",
      seed: "int32",
    },
    outputs: { query: "float", x: "float", keyWeight: "float", valueWeight: "float", valueBias: "float" },
  },
  PostNormLayer: { ...layerForward, outputs: { y: "float" } },
  PostNormLayerTraining: { ...layerForward, outputs: { y: "float", saved: "float" } },
  PostNormLayerGrad: {
    attributes: { batch: "int", count: "int", made: "int", ofX: "bool", ...layer },
    // `parameters`: weights of the six products, then of both norms; seeds of weights, attended and output.
    inputs: { dy: "float", x: "float", saved: "float", parameters: "floats", seeds: "int32" },
    // `gradients`: weight and bias of each product, then of each norm. `passing` is room to work in, nobody's afterwards.
    outputs: { x: "float", gradients: "floats", passing: "float" },
    lengths: { gradients: "made" },
  },
  DropoutMask: {
    attributes: { rate: "float" },
    inputs: { shape: "int32", seed: "int32" },
    outputs: { mask: "float" },
  },
  AdamW: {
    attributes: { count: "int", made: "int" },
    // `settings`, of each parameter: keep, stepSize, rootScale, eps, b1, b2, gradientScale, and whether the value is changed in place.
    inputs: { values: "floats", means: "floats", squares: "floats", gradients: "floats", settings: "float" },
    outputs: { updated: "floats" },
    lengths: { updated: "made" },
  },
  SumOfSquares: {
    attributes: { count: "int" },
    inputs: { arrays: "floats" },
    outputs: { sum: "float" },
  },
  GatherRows: {
    attributes: {},
    inputs: { table: "float", ids: "int32" },
    outputs: { rows: "float" },
  },
  FirstRowsGrad: {
    attributes: {},
    inputs: { dy: "float", add: "float", sizes: "int32" },
    outputs: { dx: "float" },
  },
  ReadFloats: {
    attributes: {},
    inputs: { place: "int32", shape: "int32" },
    outputs: { values: "float" },
  },
  ReadRows: {
    attributes: {},
    inputs: { place: "int32", ids: "int32", table: "int32" },
    outputs: { rows: "float" },
  },
} as const satisfies Record<string, Signature>;

/** "ofKeyWeight" → "of_key_weight", as TensorFlow wants names. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** How many tensors one of an op's inputs or outputs stands for: the attribute that says so, or null for one. */
export const lengthOf = ({ lengths }: Signature, name: string, kind: TensorKind): string | null =>
  kind === "floats" ? (lengths?.[name] ?? "count") : null;
