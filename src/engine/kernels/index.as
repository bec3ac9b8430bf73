// What the module offers, op by op. Pointers are byte offsets into the memory of tfjs's wasm backend, which this module imports;
// tensors are float32 and row-major unless said otherwise. Nothing here allocates: whatever a kernel writes to, the caller made.
export { adamW } from "./adamW";
export { attention, attentionGradients, attentionScratch } from "./attention";
export { dropoutMask } from "./dropoutMask";
export { gatherRows, segmentSum } from "./rows";
export { gelu, geluGradient } from "./gelu";
export { layerNorm, layerNormGradients } from "./layerNorm";
export { matMul, matMulScratch } from "./matMul";
export { sumOfSquares, sumRows } from "./sums";
