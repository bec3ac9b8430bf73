import { batchRows } from "../data/batches";
import { autocast, type Precision } from "../engine/autocast";
import { computeNow } from "../engine/recorder/recording";
import type { Classifier } from "../models/Classifier";
import type { Parameter } from "../nn/Parameter";
import { Pass } from "../nn/Pass";
import { nextTurn } from "./nextTurn";
import type { Objective } from "./TrainingLoop";

/** The running statistics that training moves: those of stages in which something learns. */
export const movingStatistics = ({ stages }: Classifier): Parameter[] =>
  stages.flatMap(({ parameters, buffers = [] }) =>
    parameters.some(({ requiresGrad }) => requiresGrad) ? buffers : [],
  );

/**
 * Makes them anew for the weights that the model holds, by one forward over the rows of an epoch: the mean over its batches, as
 * torch.optim.swa_utils.update_bn does. They have to be 0 before.
 */
export async function renewStatistics(
  objective: Objective,
  epoch: number,
  { batchSize, seed, precision }: { batchSize: number; seed: number; precision: Precision },
): Promise<void> {
  const batches = batchRows(objective.rows.lengths, { batchSize, shuffle: { seed, epoch } });
  const partsOf = objective.epoch(epoch);
  for (const [i, batch] of batches.entries()) {
    const cut = await partsOf([batch], batches.slice(i + 1, i + 2), i + 1);
    for (const { weight, seed, forward } of cut(batchSize)) {
      const pass = new Pass({ training: true, statistics: "cumulative", seed });
      try {
        autocast(precision, () => forward(pass, weight).tensor.dispose());
        computeNow();
      } finally {
        pass.dispose();
      }
    }
    await nextTurn();
  }
}
