import type { Part } from "../Part";
import { dispatchPart } from "./dispatchPart";
import { enginesPart } from "./enginesPart";
import { familiesPart } from "./familiesPart";
import { gemmPart } from "./gemmPart";
import { growthPart } from "./growthPart";
import { loadPart } from "./loadPart";
import { memoryPart } from "./memoryPart";
import { searchPart } from "./searchPart";
import { stepsPart } from "./stepsPart";
import { sweepPart } from "./sweepPart";
import { tokenizePart } from "./tokenizePart";

/** By name, in the order of the table. */
export const parts: Record<string, Part> = {
  sweep: sweepPart("fp32"),
  "sweep-bf16": sweepPart("bf16"),
  search: searchPart,
  steps: stepsPart("fp32"),
  "steps-bf16": stepsPart("bf16"),
  engines: enginesPart,
  dispatch: dispatchPart,
  families: familiesPart,
  memory: memoryPart("fp32"),
  "memory-bf16": memoryPart("bf16"),
  gemm: gemmPart,
  load: loadPart,
  tokenize: tokenizePart,
  growth: growthPart,
};
