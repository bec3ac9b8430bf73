import { classificationHead } from "./classificationHead";
import { classifierDropout } from "./classifierDropout";
import type { Config, Take } from "./Family";
import { takeLinear } from "./takeParts";

/** The head of families without a pooler, named `classifier.dense` and `classifier.out_proj`; dropout comes in front of both. */
export function denseOutHead(config: Config, take: Take, numLabels: number, activation: "tanh" | "gelu") {
  const hidden = config.number("hidden_size");
  const rate = classifierDropout(config);
  return classificationHead({
    dense: takeLinear(take, "classifier.dense", hidden, hidden),
    activation,
    out: takeLinear(take, "classifier.out_proj", hidden, numLabels),
    dropout: rate,
    inputDropout: rate,
  });
}
