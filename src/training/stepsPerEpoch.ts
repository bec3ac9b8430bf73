/** How many updates an epoch of so many rows is made of: batches, of which some make one together. */
export const stepsPerEpoch = (
  rows: number,
  { batchSize, gradientAccumulation }: { batchSize: number; gradientAccumulation: number },
): number => Math.ceil(Math.ceil(rows / batchSize) / gradientAccumulation);
