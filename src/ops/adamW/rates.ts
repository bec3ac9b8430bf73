import { staysOnDevice } from "../../engine/recorder/recording";
import type { AdamWSettings } from "./adamWUpdate";

/** What of the settings the kernels compute with. */
export type AdamWFactors = ReturnType<typeof factors>;

export function factors(settings: AdamWSettings) {
  const { learningRate, weightDecay, betas, eps, step, gradientScale } = settings;
  const [b1, b2] = betas;
  return {
    keep: 1 - learningRate * weightDecay,
    stepSize: learningRate / (1 - b1 ** step),
    rootScale: 1 / Math.sqrt(1 - b2 ** step),
    eps,
    b1,
    b2,
    gradientScale,
  };
}

/** What the row of numbers is recorded as that an update goes in with: parameters of one label share one. */
export const ratesLabel = ({ learningRate, weightDecay, step, gradientScale }: AdamWSettings): string =>
  `rates ${learningRate} ${weightDecay} ${step} ${gradientScale}`;

/** That row, as whoever computes takes it. */
export const ratesNumbers = (settings: AdamWSettings): number[] =>
  staysOnDevice() ? ofDevice(settings) : ofRecorded(factors(settings));

/** keep, stepSize, eps, b1, c1, b2, c2. The root's scale is taken out of the divisor, which saves an operation on all numbers. */
function ofRecorded({ keep, stepSize, rootScale, eps, b1, b2, gradientScale }: AdamWFactors): number[] {
  const [c1, c2] = [(1 - b1) * gradientScale, (1 - b2) * gradientScale ** 2];
  return [keep, stepSize / rootScale, eps / rootScale, b1, c1, b2, c2];
}

/** keep, rate, eps, b1, b2, the gradient's scale; betas as float32 has them, so that the corrections are those of the means that it computes. */
function ofDevice({ learningRate, weightDecay, betas, eps, step, gradientScale }: AdamWSettings): number[] {
  const [b1, b2] = betas.map(Math.fround);
  const root = Math.sqrt(1 - b2 ** step);
  const rate = (learningRate * root) / (1 - b1 ** step);
  return [1 - learningRate * weightDecay, rate, eps * root, b1, b2, gradientScale];
}
