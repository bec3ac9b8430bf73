import { FrostError } from "../errors";
import { openRuns } from "./openRuns";
import { Stoppable } from "./Stoppable";

/**
 * A run of a function such as `fineTune`: loop over it for its events as they happen, await it for its result, or first the one and
 * then the other. It begins with the loop or the await, and goes on only while its events are taken.
 *
 * In a notebook the stop button ends it between two steps: the loop ends, and the result is that of the steps so far.
 *
 * @example
 * ```ts
 * const run = fineTune(model, { train, valid }, { epochs: 1 });
 * for await (const event of run) console.log(event.type);
 * const result = await run;
 * ```
 */
export class Run<Event, Result> implements AsyncIterable<Event>, PromiseLike<Result> {
  #events: AsyncGenerator<Event, Result | undefined>;
  #stoppable: Stoppable;
  #result: Promise<Result>;
  #resolve!: (result: Result) => void;
  #reject!: (reason: unknown) => void;
  #started = false;
  #made = new Error();

  /** `stoppable` has the signal that ends the events. */
  constructor(events: AsyncGenerator<Event, Result>, stoppable = new Stoppable({ name: "run" })) {
    this.#events = events;
    this.#stoppable = stoppable;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // The loop throws the error; the rejected promise alone must not end the process.
    this.#result.catch(() => {});
    openRuns().unbegun?.add(stoppable);
  }

  /** The events as they happen; they can be taken once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    if (this.#started)
      throw new FrostError("a run's events can be taken only once; await the run for its result");
    this.#started = true;
    openRuns().unbegun?.delete(this.#stoppable);
    let ended = false;
    let closed = false;
    try {
      this.#stoppable.begin(() => {
        closed = true;
        void this.#events.return(undefined).catch(() => {});
      });
      for (;;) {
        const { done, value } = await this.#events.next();
        if (done) {
          ended = true;
          if (closed) throw new FrostError(`${this.#stoppable.name}: given up by the stop button`);
          this.#resolve(value as Result);
          return;
        }
        yield value;
      }
    } catch (error) {
      ended = true;
      this.#placed(error);
      this.#reject(error);
      throw error;
    } finally {
      if (!ended) {
        await this.#events.return(undefined);
        this.#reject(new FrostError("the loop over this run was left before its end, so it has no result"));
      }
      this.#stoppable.end();
    }
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a run is its point
  then<A = Result, B = never>(
    onResult?: ((result: Result) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    return this.#finish().then(onResult, onError);
  }

  async #finish(): Promise<Result> {
    if (!this.#started) for await (const _ of this);
    return this.#result;
  }

  /** Adds the frames of the call that made the run to an error's trace, which has none of the code that awaits it. */
  #placed(error: unknown): void {
    const frames = (trace: string | undefined) =>
      trace?.split("\n").filter((line) => /^\s+at /.test(line)) ?? [];
    if (!(error instanceof Error)) return;
    const here = new Set(frames(error.stack));
    const makers = frames(this.#made.stack).filter((frame) => !here.has(frame));
    if (makers.length > 0) error.stack = [error.stack, ...makers].join("\n");
  }

  /** What a console prints. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { name, work } = this.#stoppable;
    if (!this.#started) return `${name}(…) has not begun: write await before it`;
    return openRuns().runs.has(this.#stoppable)
      ? `${name}(…), still ${work}: write await before it`
      : `${name}(…), ended: await it for its result`;
  }
}
