import { FrostError } from "../errors";
import { type OpenRun, openRuns } from "./openRuns";

/** Who trains which model now, and the signal that those get who train it as a part of that. */
const trained = new WeakMap<object, Stoppable>();

/** What a run is and does. */
export interface Work {
  /** The function that was called: "fineTune". */
  name: string;
  /** What it does for as long as it is under way. Default: "training". */
  work?: string;
  /** The caller's own signal. */
  signal?: AbortSignal;
  /** The model that learns, or is put back, while it is under way. */
  trains?: object;
}

/**
 * A piece of work that the stop button ends between two steps: from `begin` to `end` it stands among the process's open runs, and
 * `signal`, which it has to heed, is aborted by the caller's own or by the button. A model that one of them trains is refused to the
 * others, but for those that were handed this one's signal: a sweep's trials.
 */
export class Stoppable implements OpenRun {
  readonly name: string;
  readonly work: string;
  readonly signal: AbortSignal;
  #given: AbortSignal | undefined;
  #trains: object | undefined;
  #controller = new AbortController();
  #whenClosed = () => {};

  constructor({ name, work = "training", signal, trains }: Work) {
    this.name = name;
    this.work = work;
    this.#given = signal;
    this.#trains = trains;
    const own = this.#controller.signal;
    this.signal = signal ? AbortSignal.any([signal, own]) : own;
  }

  /** Throws a FrostError where the cell was stopped, or another run trains the model. */
  begin(whenClosed: () => void = () => {}): void {
    const { runs, stopped } = openRuns();
    if (stopped.length > 0)
      throw new FrostError(
        `${this.name}: not begun, since the stop button has ended ${stopped[0]} in this cell`,
      );
    const other = this.#trains && trained.get(this.#trains);
    if (other && other !== this && other.signal !== this.#given)
      throw new FrostError(
        `${this.name}: expected a model that nothing trains, got one that ${other.name} is still training: await that run to its end, or end it with the stop button`,
      );
    this.#whenClosed = whenClosed;
    // A part of another run ends with that.
    if (other) return;
    if (this.#trains) trained.set(this.#trains, this);
    runs.add(this);
  }

  end(): void {
    openRuns().runs.delete(this);
    if (this.#trains && trained.get(this.#trains) === this) trained.delete(this.#trains);
  }

  stop(): void {
    this.#controller.abort();
  }

  /** Throws where it was stopped: a FrostError, or the reason that the caller's own signal gives. */
  throwIfStopped(): void {
    if (this.#controller.signal.aborted) throw new FrostError(`${this.name}: stopped by the stop button`);
    this.signal.throwIfAborted();
  }

  close(): void {
    this.stop();
    this.#whenClosed();
    this.end();
  }
}
