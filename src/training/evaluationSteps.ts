/** After which of an epoch's steps, counted from 1, the validation rows are scored before its end. */
export function evaluationSteps(evalEvery: number | undefined, steps: number): number[] {
  if (evalEvery === undefined) return [];
  const stride = Math.max(1, evalEvery < 1 ? evalEvery * steps : evalEvery);
  return Array.from({ length: Math.ceil(steps / stride) }, (_, i) => Math.round((i + 1) * stride)).filter(
    (step) => step < steps,
  );
}
