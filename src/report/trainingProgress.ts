import { formatScore } from "../text/numbers";
import type { FineTuneEvent } from "../training/events";

/** How far work is, and that in words. */
export interface Progress {
  done: number;
  total: number;
  text: string;
}

/**
 * Reads off a training's events how far it is: first the frozen pass, then all steps of all epochs. Gives null for an event
 * that moves nothing.
 */
export function trainingProgress(epochs?: number): (event: FineTuneEvent) => Progress | null {
  const of = epochs === undefined ? "" : ` of ${epochs}`;
  let steps = { done: 0, total: 1 };
  return (event) => {
    if (event.type === "frozen")
      return {
        done: event.done,
        total: event.total,
        text: `frozen pass, ${event.done} of ${event.total} rows`,
      };
    if (event.type === "head")
      return {
        done: event.done,
        total: event.total,
        text: `the head's probe, ${event.done} of ${event.total} rows`,
      };
    if (event.type === "resumed") {
      steps = { done: event.step, total: event.steps };
      return { ...steps, text: "going on" };
    }
    if (event.type === "step") {
      steps = { done: event.step, total: event.steps };
      const loss = formatScore(event.loss);
      const left = Math.ceil(event.secondsLeft);
      return { ...steps, text: `epoch ${event.epoch}${of}, loss ${loss}, ${left} s left` };
    }
    if (event.type === "evaluate")
      return { ...steps, text: `evaluating, ${event.done} of ${event.total} rows` };
    return null;
  };
}
