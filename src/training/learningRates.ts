import { listParams, type ParameterPattern } from "../freeze";
import type { Classifier } from "../models/Classifier";
import type { Rates } from "./AdamW";

/** Parameters that learn at a rate or decay of their own. */
export interface ParameterGroup {
  /** Which parameters: as `freezeWhere` takes them. */
  match: ParameterPattern;
  /** Their peak learning rate. Default: that of all others. */
  learningRate?: number;
  /** Their weight decay. Default: that of all others. */
  weightDecay?: number;
}

export interface RateOptions {
  learningRate: number;
  weightDecay: number;
  /** Later groups win over earlier ones, and over layer-wise decay. */
  parameterGroups?: ParameterGroup[];
  /** The rate falls by this factor with each stage below the head (Howard and Ruder 2018). */
  layerwiseDecay?: number;
}

/** Peak learning rate and weight decay of each parameter by name. */
export function learningRates(model: Classifier, options: RateOptions): Map<string, Rates> {
  const { learningRate, weightDecay, parameterGroups = [], layerwiseDecay = 1 } = options;
  const rates = new Map<string, Rates>();
  // From the head down: a parameter that several stages read gets the rate of the lowest of them.
  [...model.stages].reverse().forEach((stage, below) => {
    for (const { name } of stage.parameters)
      rates.set(name, { learningRate: learningRate * layerwiseDecay ** below, weightDecay });
  });
  for (const group of parameterGroups)
    for (const { name } of listParams(model, group.match)) {
      const before = rates.get(name)!;
      rates.set(name, {
        learningRate: group.learningRate ?? before.learningRate,
        weightDecay: group.weightDecay ?? before.weightDecay,
      });
    }
  return rates;
}
