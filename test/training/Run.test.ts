import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Run } from "../../src/training/Run";

async function* counting(
  log: string[] = [],
  failAt = Number.POSITIVE_INFINITY,
): AsyncGenerator<number, string> {
  try {
    for (let i = 1; i <= 3; i++) {
      if (i === failAt) throw new Error(`failed at ${i}`);
      log.push(`made ${i}`);
      yield i;
    }
    return "done";
  } finally {
    log.push("cleaned up");
  }
}

describe("Run", () => {
  it("gives its result when it is awaited", async () => {
    assert.equal(await new Run(counting()), "done");
  });

  it("gives its events to a loop, then its result", async () => {
    const run = new Run(counting());
    const events: number[] = [];
    for await (const event of run) events.push(event);
    assert.deepEqual(events, [1, 2, 3]);
    assert.equal(await run, "done");
    assert.equal(await run, "done");
  });

  it("does nothing before it is asked, and goes on only while its events are taken", async () => {
    const log: string[] = [];
    const run = new Run(counting(log));
    await Promise.resolve();
    assert.deepEqual(log, []);
    for await (const event of run) {
      assert.deepEqual(
        log,
        Array.from({ length: event }, (_, i) => `made ${i + 1}`),
      );
    }
  });

  it("fails in the loop and in the await alike", async () => {
    const run = new Run(counting([], 2));
    await assert.rejects(async () => {
      for await (const _ of run);
    }, /failed at 2/);
    await assert.rejects(async () => run, /failed at 2/);
    await assert.rejects(async () => new Run(counting([], 1)), /failed at 1/);
  });

  it("cleans up when the loop is left, and has no result then", async () => {
    const log: string[] = [];
    const run = new Run(counting(log));
    for await (const event of run) if (event === 2) break;
    assert.deepEqual(log, ["made 1", "made 2", "cleaned up"]);
    await assert.rejects(async () => run, /left before its end/);
  });

  it("says so when its events are asked for twice", async () => {
    const run = new Run(counting());
    await run;
    await assert.rejects(async () => {
      for await (const _ of run);
    }, /only once/);
  });
});
