let current = "";

/** The part of the model that computes now, for errors that show only later; "" outside any. */
export const stageName = (): string => current;

/** Runs `compute`, which must not wait for anything, as a part of this name. */
export function inStage<Result>(name: string, compute: () => Result): Result {
  const before = current;
  current = name;
  try {
    return compute();
  } finally {
    current = before;
  }
}
