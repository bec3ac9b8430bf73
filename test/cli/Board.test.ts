import assert from "node:assert/strict";
import { test } from "node:test";
import { Board } from "../../src/cli/Board";
import { showTraining } from "../../src/cli/showTraining";
import { waitUntil } from "../waitUntil";

function screen(isTTY: boolean) {
  const written: string[] = [];
  const stream = {
    isTTY,
    columns: 80,
    write(text: string) {
      written.push(text);
      return true;
    },
  };
  const text = () => written.join("");
  /** A bar is drawn now and then, not at each update. */
  const shows = async (line: RegExp) => {
    await waitUntil(() => line.test(text()));
    assert.match(text(), line);
  };
  return { stream: stream as never, text, shows };
}

const step = { type: "step", epoch: 1, steps: 8, learningRate: 1e-4, gradNorm: 1 } as const;

test("Away from a terminal lines are all there is, however often a bar moves", () => {
  const { stream, text } = screen(false);
  const board = new Board(stream);
  const bar = board.bar("trial");
  for (let i = 0; i < 1000; i++) bar.update(i, 1000, `step ${i}`);
  board.line("1/7  N = 0");
  board.line("2/7  N = 1");
  board.stop();
  assert.equal(text(), "1/7  N = 0\n2/7  N = 1\n");
});

test("On a terminal bars move, lines stay above them, and the bars vanish at the end", async (t) => {
  const { stream, text, shows } = screen(true);
  const board = new Board(stream);
  t.after(() => board.stop());
  const show = showTraining(board.bar("trial"), "N = 2, seed 0: ", 2);
  show({ type: "frozen", done: 3, total: 10 });
  await shows(/trial =+-+ N = 2, seed 0: frozen pass, 3 of 10 rows/);
  show({ ...step, step: 4, loss: 0.61234, secondsLeft: 12.2 });
  await shows(/trial ={8}-{8} N = 2, seed 0: epoch 1 of 2, loss 0\.6123, 13 s left/);
  show({ type: "evaluate", done: 64, total: 300 });
  await shows(/trial ={8}-{8} N = 2, seed 0: evaluating, 64 of 300 rows/);
  board.line("1/7  N = 2, seed 0: accuracy 0.8");
  board.stop();
  assert.match(text(), /1\/7 {2}N = 2, seed 0: accuracy 0\.8\n/);
  // Erases everything from the cursor down.
  assert.ok(text().endsWith("\u001b[0J"));
});

test("A board without bars takes lines and can be stopped, also twice", () => {
  const { stream, text } = screen(true);
  const board = new Board(stream);
  board.line("all 7 trials stand there");
  board.stop();
  board.stop();
  assert.equal(text(), "all 7 trials stand there\n");
});
