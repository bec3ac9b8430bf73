import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkInteger, checkNumber, checkOneOf } from "../src/check";
import { FrostError, InputError } from "../src/errors";

const rejects = (check: () => unknown, message: string) =>
  assert.throws(check, (error) => {
    assert.ok(error instanceof InputError && error instanceof FrostError && error instanceof Error);
    assert.equal(error.name, "InputError");
    assert.equal(error.message, message);
    return true;
  });

const NOT_NUMBERS = [Number.NaN, Number.POSITIVE_INFINITY, "3", null, undefined, [3], true] as number[];

describe("checkInteger", () => {
  test("returns the number, bounds included", () => {
    assert.equal(checkInteger("epochs", 2), 2);
    assert.equal(checkInteger("epochs", 0, 0), 0);
    assert.equal(checkInteger("n", -1, -1, 6), -1);
    assert.equal(checkInteger("n", 6, -1, 6), 6);
    assert.equal(checkInteger("seed", -(2 ** 40)), -(2 ** 40));
  });

  test("names what was expected and what came", () => {
    rejects(() => checkInteger("epochs", 0, 1), "epochs: expected an integer of at least 1, got 0");
    rejects(() => checkInteger("n", 7, -1, 6), "n: expected an integer from -1 to 6, got 7");
    rejects(() => checkInteger("n", -2, -1, 6), "n: expected an integer from -1 to 6, got -2");
    rejects(() => checkInteger("n", 7, undefined, 6), "n: expected an integer of at most 6, got 7");
    rejects(() => checkInteger("seed", 0.5), "seed: expected an integer of any size, got 0.5");
  });

  test("refuses what is no finite number, and integers too large to be exact", () => {
    for (const value of NOT_NUMBERS) assert.throws(() => checkInteger("batch", value, 1), InputError);
    assert.throws(() => checkInteger("seed", 2 ** 53), InputError);
  });
});

describe("checkNumber", () => {
  test("returns the number, bounds included", () => {
    assert.equal(checkNumber("lr", 5e-5, 0), 5e-5);
    assert.equal(checkNumber("warmup", 0, 0, 1), 0);
    assert.equal(checkNumber("warmup", 1, 0, 1), 1);
    assert.equal(checkNumber("loss", -1e300), -1e300);
  });

  test("names what was expected and what came", () => {
    rejects(() => checkNumber("lr", -1, 0), "lr: expected a number of at least 0, got -1");
    rejects(() => checkNumber("warmup", 10, 0, 1), "warmup: expected a number from 0 to 1, got 10");
    rejects(() => checkNumber("x", 2, undefined, 1), "x: expected a number of at most 1, got 2");
    rejects(() => checkNumber("loss", Number.NaN), "loss: expected a number of any size, got NaN");
  });

  test("refuses what is no finite number", () => {
    for (const value of NOT_NUMBERS) assert.throws(() => checkNumber("lr", value), InputError);
  });
});

describe("checkOneOf", () => {
  const engines = ["auto", "tensorflow", "webgpu", "cpu"] as const;

  test("returns the value, typed as one of the choices", () => {
    const engine: "auto" | "tensorflow" | "webgpu" | "cpu" = checkOneOf("engine", "webgpu", engines);
    assert.equal(engine, "webgpu");
  });

  test("lists the choices when it is none of them, case and blanks counting", () => {
    const expected = "engine: expected one of auto, tensorflow, webgpu, cpu, got";
    rejects(() => checkOneOf("engine", "gpu", engines), `${expected} "gpu"`);
    rejects(() => checkOneOf("engine", "WEBGPU", engines), `${expected} "WEBGPU"`);
    rejects(() => checkOneOf("engine", " cpu", engines), `${expected} " cpu"`);
    rejects(() => checkOneOf("engine", undefined as unknown as string, engines), `${expected} undefined`);
  });
});
