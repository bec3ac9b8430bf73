import type { FineTuneEvent } from "../training/events";
import type { Bar } from "./Board";

/** Moves a bar as one training goes on: first the frozen pass, then all steps of all epochs. */
export function showTraining(bar: Bar, name: string, epochs: number): (event: FineTuneEvent) => void {
  let done = 0;
  let steps = 1;
  return (event) => {
    if (event.type === "frozen")
      bar.update(event.done, event.total, `${name}frozen pass, ${event.done} of ${event.total} rows`);
    if (event.type === "step") {
      done = event.step;
      steps = event.steps;
      const left = `${Math.ceil(event.secondsLeft)} s left`;
      bar.update(
        done,
        steps,
        `${name}epoch ${event.epoch} of ${epochs}, loss ${event.loss.toFixed(4)}, ${left}`,
      );
    }
    if (event.type === "evaluate")
      bar.update(done, steps, `${name}evaluating, ${event.done} of ${event.total} rows`);
  };
}
