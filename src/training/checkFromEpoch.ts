import { InputError } from "../errors";

/** @throws InputError where an option that begins with an epoch would begin after the last one */
export function checkFromEpoch(
  option: "adversarial" | "average",
  choice: string | object | undefined,
  epochs: number,
): void {
  const { fromEpoch = 1 } = Object(choice) as { fromEpoch?: number };
  if (fromEpoch > epochs)
    throw new InputError(`${option}.fromEpoch: expected one of the ${epochs} epochs, got ${fromEpoch}`);
}
