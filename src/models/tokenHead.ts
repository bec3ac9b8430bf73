import { dropout } from "../nn/elementwise";
import { linear } from "../nn/linear";
import type { Stage } from "../nn/Stage";
import type { Config, Take } from "./Family";
import { parametersOf, takeLinear } from "./takeParts";
import type { TextInputs } from "./textInputs";

/** The logits of every token: [batch · seq, hidden] → [batch · seq, labels]. */
export function tokenHead(
  config: Config,
  take: Take,
  numLabels: number,
  rate: number,
  hidden = "hidden_size",
): Stage<TextInputs> {
  const classifier = takeLinear(take, "classifier", config.number(hidden), numLabels);
  return {
    name: "head",
    parameters: parametersOf({ classifier }),
    forward: (pass, _inputs, x) => linear(pass, dropout(pass, x!, rate), classifier),
  };
}
