import { trainingProgress } from "../report/trainingProgress";
import type { FineTuneEvent } from "../training/events";
import type { Bar } from "./Board";

/** Moves a bar as one training goes on: first the frozen pass, then all steps of all epochs. */
export function showTraining(bar: Bar, name: string, epochs: number): (event: FineTuneEvent) => void {
  const read = trainingProgress(epochs);
  return (event) => {
    const progress = read(event);
    if (progress) bar.update(progress.done, progress.total, name + progress.text);
  };
}
