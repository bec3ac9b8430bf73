import { type OpenRun, openRuns } from "../training/openRuns";
import { isPatched } from "./isPatched";
import type { Executor } from "./tslab";

/**
 * Lets an executor's stop button end the kit's runs between two steps, with their results so far, instead of giving up the cell,
 * which would leave them running behind it. Pressed a second time it gives up the cell and the runs. A cell in which a run was
 * stopped goes on to its end, so that it has the results, and fails then, so that those below do not run; one that ends before its
 * runs says so.
 */
export function stopRuns(executor: Executor): void {
  if (isPatched(executor, "stopRuns")) return;
  const { execute, interrupt } = executor;
  const warned = new WeakSet<OpenRun>();
  const asked = new Set<OpenRun>();
  let pressed = false;

  executor.interrupt = () => {
    const open = openRuns();
    const running = [...open.runs];
    if (!pressed && running.some((run) => !asked.has(run))) {
      pressed = true;
      for (const run of running) asked.add(run);
      // A run that was made to be stopped speaks for the others, those that follow it among them.
      if (!running.some(({ endsWell }) => endsWell)) open.stopped = running.map(({ name }) => name);
      for (const run of running) run.stop();
      return;
    }
    for (const run of running) run.close();
    interrupt();
  };

  executor.execute = async (code) => {
    const open = openRuns();
    pressed = false;
    open.stopped = [];
    open.unbegun = new Set();
    const ok = await execute(code);
    const { stopped } = open;
    open.stopped = [];
    for (const run of open.runs) {
      if (!warned.has(run) && !run.endsWell) process.stderr.write(`${stillAtWork(run)}\n`);
      warned.add(run);
    }
    for (const { name } of open.unbegun)
      process.stdout.write(`${name}(…) has not begun: write await before it\n`);
    if (!ok || stopped.length === 0) return ok;
    for (const run of asked) if (!open.runs.has(run)) asked.delete(run);
    // A loop that the cell has left alone takes no next step.
    const ended =
      asked.size > 0
        ? "will end with the next step, or at once where the stop button is pressed again"
        : "ended between two steps; what there is so far is kept";
    process.stderr.write(`Stopped: ${stopped.join(", ")} ${ended}, and the cells below are not run\n`);
    return false;
  };
}

const stillAtWork = ({ name, work }: OpenRun): string =>
  `still ${work}: write await before ${name}(…), so that the cell waits for it; the stop button ends it`;
