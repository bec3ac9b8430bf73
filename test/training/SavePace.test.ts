import assert from "node:assert/strict";
import { test } from "node:test";
import { type SaveEvery, SavePace } from "../../src/training/SavePace";

/** The seconds at which a state is written where steps take one second each, epochs a hundred, and a write `cost`. */
function writes(every: SaveEvery | undefined, { seconds = 1000, cost = 1, bytes = 1e8 } = {}): number[] {
  let now = 0;
  const pace = new SavePace(every, () => now);
  const at: number[] = [];
  const write = () => {
    at.push(now);
    now += cost;
    pace.wrote(cost);
  };
  for (let step = 1; now < seconds; step++) {
    now++;
    if (pace.step(() => bytes)) write();
    if (step % 100 === 0 && pace.epoch(() => bytes)) write();
  }
  return at;
}

test("after so many steps a state is due, and at each epoch's end", () => {
  assert.deepEqual(writes(40, { seconds: 210, cost: 0 }), [40, 80, 100, 140, 180, 200]);
});

test("after so many minutes a state is due, and at each epoch's end", () => {
  assert.deepEqual(writes({ minutes: 0.75 }, { seconds: 210, cost: 0 }), [45, 90, 100, 145, 190, 200]);
});

test("where nothing is asked for, writing takes a fiftieth of the time, whatever a write costs", () => {
  for (const cost of [0.1, 1, 10]) {
    const seconds = 20_000;
    const share = (writes(undefined, { seconds, cost }).length * cost) / seconds;
    assert.ok(share <= 0.02, `${share} where a write takes ${cost} s`);
    assert.ok(share >= 0.015, `${share} where a write takes ${cost} s`);
  }
});

test("the first state waits by its size, as long as no write has been measured", () => {
  assert.equal(writes(undefined, { bytes: 1e7 })[0], 5);
  assert.equal(writes(undefined, { bytes: 2e9, seconds: 2000 })[0], 1000);
});
