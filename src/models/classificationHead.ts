import { activate } from "../nn/activate";
import { activation } from "../nn/activation";
import { dropout } from "../nn/elementwise";
import { firstRows } from "../nn/firstRows";
import { type Linear, linear } from "../nn/linear";
import type { Pass, Value } from "../nn/Pass";
import type { Stage } from "../nn/Stage";
import { parametersOf } from "./takeParts";
import type { TextInputs } from "./textInputs";

export interface ClassificationHead {
  /** From the [CLS] row to what the labels are told from: the pooler in some families. */
  dense: Linear;
  activation: "tanh" | "gelu" | "relu";
  /** To the logits. */
  out: Required<Linear>;
  /** Rate in front of `out`. */
  dropout: number;
  /** Rate in front of `dense`. */
  inputDropout?: number;
}

/** The logits from the [CLS] row of each text: [batch · n, hidden] → [batch, labels]. */
export function classificationHead(parts: ClassificationHead): Stage<TextInputs> {
  const { dense, out, dropout: rate, inputDropout = 0 } = parts;
  const f = activation(parts.activation);
  const pool = (pass: Pass, { batchSize }: TextInputs, x: Value) => firstRows(pass, x, batchSize);
  const reads = (pass: Pass, first: Value) => activate(pass, linear(pass, first, dense), f);
  return {
    name: "head",
    readsFirstRows: true,
    parameters: parametersOf({ dense, out }),
    pool,
    lastLayer: { layer: out, noise: rate / (1 - rate), pool, reads },
    forward(pass, inputs, x) {
      const first = dropout(pass, pool(pass, inputs, x!), inputDropout);
      return linear(pass, dropout(pass, reads(pass, first), rate), out);
    },
  };
}
