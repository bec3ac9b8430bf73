import { adamWOp } from "./adamW/adamWUpdate";
import { attention } from "./attention/attention";
import { attentionGradients } from "./attention/attentionGradients";
import { conv2dInputGradientOp, conv2dWeightGradientOp } from "./conv2d/conv2d";
import { dropoutMaskOp } from "./dropoutMask/dropoutMask";
import { firstRowAttention } from "./firstRowAttention/firstRowAttention";
import { firstRowAttentionGradients } from "./firstRowAttention/firstRowAttentionGradients";
import { firstRowsGradientOp } from "./firstRowsGradient/firstRowsGradient";
import { gatherRowsOp } from "./gatherRows/gatherRows";
import { geluGradientOp, geluOp } from "./gelu/gelu";
import { layerNorm } from "./layerNorm/layerNorm";
import { layerNormGradients } from "./layerNorm/layerNormGradients";
import { matMulOp } from "./matMul/matMul";
import { maxPoolGradientOp } from "./maxPool/maxPool";
import type { AnyOp } from "./Op";
import { postNormLayer } from "./postNormLayer/postNormLayer";
import { postNormLayerGradients } from "./postNormLayer/postNormLayerGradients";
import { productsOp } from "./products/products";
import { rotaryAttention } from "./rotaryAttention/rotaryAttention";
import { rotaryAttentionGradient } from "./rotaryAttention/rotaryAttentionGradient";
import { segmentSumOp } from "./segmentSum/segmentSum";
import { sumOfSquaresOp } from "./sumOfSquares/sumOfSquares";

/** Every op that something else than tfjs's ops may compute. A test walks all of them, and that none is missing here. */
export const OPS: readonly AnyOp[] = [
  matMulOp,
  productsOp,
  attention,
  attentionGradients,
  rotaryAttention,
  rotaryAttentionGradient,
  firstRowAttention,
  firstRowAttentionGradients,
  firstRowsGradientOp,
  postNormLayer,
  postNormLayerGradients,
  layerNorm,
  layerNormGradients,
  geluOp,
  geluGradientOp,
  dropoutMaskOp,
  gatherRowsOp,
  segmentSumOp,
  conv2dInputGradientOp,
  conv2dWeightGradientOp,
  maxPoolGradientOp,
  sumOfSquaresOp,
  adamWOp,
];
