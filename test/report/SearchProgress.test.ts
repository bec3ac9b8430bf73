import assert from "node:assert/strict";
import { test } from "node:test";
import { SearchProgress } from "../../src/report/SearchProgress";
import type { SearchEvent } from "../../src/search/SearchOptions";

const trial = (n: number, spent: number, left: number[]): SearchEvent => ({
  type: "trial",
  trial: { trial: "t", strategy: "freeze", n, seed: 0, settings: {} },
  spent,
  left,
});

test("A search's progress says which depths are in the race, and by the clock so far how long the rest takes at most.", () => {
  let clock = 0;
  const progress = new SearchProgress(() => clock);
  const said: (string | undefined)[] = [];
  const take = (event: SearchEvent) => said.push(progress.take(event)?.text);
  take({ type: "search", depths: [-1, 0, 1, 2], budget: 0.9, settings: {}, metric: "accuracy" });
  take({ type: "features", done: 1200, total: 4800 });
  take(trial(2, 0.2, [1, 0, -1]));
  clock = 2000;
  // 2 s for .1 of .9, of which .6 is left.
  take(trial(1, 0.3, [0, -1]));
  assert.deepEqual(said, [
    "in the race: N = 2, 1, 0, none",
    "frozen forward, 1,200 of 4,800 rows through a block",
    "in the race: N = 2, 1, 0, none",
    "in the race: N = 1, 0, none, at most 12 s left",
  ]);
});

test("Its bar is what is spent of the budget.", () => {
  const progress = new SearchProgress();
  progress.take({ type: "search", depths: [0], budget: 0.9, settings: {}, metric: "accuracy" });
  const { done, total } = progress.take(trial(0, 0.45, []))!;
  assert.equal(done / total, 0.5);
  assert.equal(progress.take({ type: "failed", trial: {} as never, error: new Error() }), null);
});
