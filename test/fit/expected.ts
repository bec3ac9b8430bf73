import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Moments } from "../../src/fit/Moments";

/** What numpy finds: test/fixtures/fit/make_expected.py. */
export interface Expected {
  name: string;
  width: number;
  targets: number;
  features: number[];
  labels: number[];
  fresh: number[];
  eigenvalues: number[];
  logMe: number;
  /** Of classes alone. */
  variability?: number;
  strength: number;
  freedom: number;
  /** With the noise of a dropout of a fifth. */
  noised: { strength: number; fitted: number[] };
  fitted: number[];
}

export const EXPECTED: Expected[] = JSON.parse(
  readFileSync(join(__dirname, "../fixtures/fit/expected.json"), "utf8"),
);

export function momentsOf({ width, targets, features, labels }: Expected): Moments {
  const moments = new Moments(width, targets);
  moments.add(features, labels);
  return moments;
}

/** Fails unless numbers are the same to so many parts of the largest. */
export function assertNear(got: ArrayLike<number>, wanted: ArrayLike<number>, share = 1e-9): void {
  const largest = Math.max(...Array.from(wanted, Math.abs));
  const at = Array.from(wanted).findIndex((value, i) => !(Math.abs(got[i] - value) <= share * largest));
  assert.equal(got.length, wanted.length);
  assert.ok(at < 0, `number ${at}: expected ${wanted[at]}, got ${got[at]}`);
}
