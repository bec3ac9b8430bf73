import { FrostError } from "../errors";
import { leaveSigterm, watchSigterm } from "./endWithState";
import { type OpenRun, openRuns } from "./openRuns";

/** The run that trains a model now, by model. */
const trained = new WeakMap<object, Stoppable>();

/** What a run does. */
export interface Work {
  /** The function that was called: "fineTune". */
  name: string;
  /** Its activity, for messages. Default: "training". */
  work?: string;
  /** The caller's own signal. */
  signal?: AbortSignal;
  /** The model whose weights it changes. */
  trains?: object;
  /** Ends it when so many minutes have passed. Default: no limit. */
  maxMinutes?: number;
  /** Whether it writes a state when it is stopped, from which it goes on. */
  keeps?: boolean;
}

/**
 * A piece of work that the stop button ends between two steps. From `begin` to `end` it is one of the process's open runs; its
 * `signal` is aborted by the caller's own signal, by the button or when time is up. While it trains a model no other run may, except those that were
 * given its signal: the trials of a sweep.
 */
export class Stoppable implements OpenRun {
  readonly name: string;
  readonly work: string;
  readonly signal: AbortSignal;
  readonly keeps: boolean;
  #given: AbortSignal | undefined;
  #trains: object | undefined;
  #controller = new AbortController();
  #deadline: AbortSignal | undefined;
  #whenClosed = () => {};

  constructor({ name, work = "training", signal, trains, maxMinutes, keeps = false }: Work) {
    this.name = name;
    this.work = work;
    this.keeps = keeps;
    this.#given = signal;
    this.#trains = trains;
    if (maxMinutes !== undefined) this.#deadline = AbortSignal.timeout(60_000 * maxMinutes);
    const all = [signal, this.#controller.signal, this.#deadline];
    this.signal = AbortSignal.any(all.filter((each) => each !== undefined));
  }

  /** Whether nothing but the time that was given ended it. */
  get isTimeUp(): boolean {
    return (this.#deadline?.aborted && !this.#controller.signal.aborted && !this.#given?.aborted) ?? false;
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
    // A trial of a sweep ends with the sweep.
    if (other) return;
    if (this.#trains) trained.set(this.#trains, this);
    runs.add(this);
    if (this.keeps) watchSigterm();
  }

  end(): void {
    openRuns().runs.delete(this);
    if (this.#trains && trained.get(this.#trains) === this) trained.delete(this.#trains);
    leaveSigterm();
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
