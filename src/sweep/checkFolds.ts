import { checkInteger } from "../check";
import type { Split } from "../data/splits";
import { InputError } from "../errors";

/** Throws unless each fold trains on some rows and validates on others, and no two folds validate on the same row. */
export function checkFolds(folds: readonly Split[], rows: number): void {
  if (folds.length < 2) throw new InputError(`folds: expected at least 2, got ${folds.length}`);
  const judged = new Int32Array(rows).fill(-1);
  for (const [fold, { train, valid }] of folds.entries()) {
    for (const [side, numbers] of [["train", train] as const, ["valid", valid] as const]) {
      if (numbers.length === 0) throw new InputError(`folds[${fold}].${side}: expected rows, got none`);
      for (const row of numbers) checkInteger(`folds[${fold}].${side}`, row, 0, rows - 1);
    }
    for (const row of valid) {
      if (judged[row] >= 0)
        throw new InputError(
          `folds[${fold}].valid: expected each row in one fold, got row ${row}, which is in fold ${judged[row]} as well`,
        );
      judged[row] = fold;
    }
    const leaked = Array.from(train).find((row) => judged[row] === fold);
    if (leaked !== undefined)
      throw new InputError(
        `folds[${fold}].train: expected rows that are not validated on, got row ${leaked}, which is in both`,
      );
  }
}
