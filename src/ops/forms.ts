import { attention, firstRowAttention, selfAttention } from "./attention/onnx";
import { batchNorm } from "./batchNorm/onnx";
import { conv2d, globalAveragePool } from "./conv2d/onnx";
import { convolution } from "./convolution/onnx";
import { disentangledAttention } from "./disentangledAttention/onnx";
import { activate, add, sideBySide, slice } from "./elementwise/onnx";
import { gatherRows } from "./gatherRows/onnx";
import { layerNorm } from "./layerNorm/onnx";
import { maxPool } from "./maxPool/onnx";
import type { OnnxForm } from "./OnnxGraph";
import { count, positionsPastPadding } from "./positions/onnx";
import { linear } from "./products/onnx";
import { finalStates } from "./recurrent/onnx";
import { rotaryAttention, rotaryTurns } from "./rotaryAttention/onnx";
import {
  firstRows,
  leadingRows,
  maxRows,
  meanRows,
  weightedLayers,
  weightedRows,
  zeroPadding,
} from "./rows/onnx";

/** Every op that can be written down for others to compute, and how: what an export is made of. */
export const FORMS = {
  activate,
  add,
  attention,
  batchNorm,
  conv2d,
  convolution,
  count,
  disentangledAttention,
  finalStates,
  firstRowAttention,
  firstRows,
  gatherRows,
  globalAveragePool,
  layerNorm,
  leadingRows,
  linear,
  maxPool,
  maxRows,
  meanRows,
  positionsPastPadding,
  rotaryAttention,
  rotaryTurns,
  selfAttention,
  sideBySide,
  slice,
  weightedLayers,
  weightedRows,
  zeroPadding,
} satisfies Record<string, OnnxForm>;

export type OpName = keyof typeof FORMS;

/** What an op is told beside the inputs of these names. */
export type Settings<Name extends OpName, Inputs> = Omit<Parameters<(typeof FORMS)[Name]>[1], keyof Inputs>;
