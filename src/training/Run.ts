import { FrostError } from "../errors";

/**
 * Work that tells of itself: loop over it to see its events as they happen, or await it for its result; or both, in that order.
 * It starts with the first of the two and goes on only while its events are taken.
 *
 * @example
 * ```ts
 * const run = fineTune(model, { train, valid }, { epochs: 1 });
 * for await (const event of run) console.log(event.type);
 * const result = await run;
 * ```
 */
export class Run<Event, Result> implements AsyncIterable<Event>, PromiseLike<Result> {
  #events: AsyncGenerator<Event, Result>;
  #result: Promise<Result>;
  #resolve!: (result: Result) => void;
  #reject!: (reason: unknown) => void;
  #started = false;

  constructor(events: AsyncGenerator<Event, Result>) {
    this.#events = events;
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever loops sees the error there; the promise alone must not bring the process down.
    this.#result.catch(() => {});
  }

  /** The events as they happen; they can be taken once. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void> {
    if (this.#started)
      throw new FrostError("a run's events can be taken only once; await the run for its result");
    this.#started = true;
    let ended = false;
    try {
      for (;;) {
        const { done, value } = await this.#events.next();
        if (done) {
          ended = true;
          this.#resolve(value);
          return;
        }
        yield value;
      }
    } catch (error) {
      ended = true;
      this.#reject(error);
      throw error;
    } finally {
      if (!ended) {
        await this.#events.return(undefined as never);
        this.#reject(new FrostError("the loop over this run was left before its end, so it has no result"));
      }
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
}
