import { loaded } from "./kernel";

/** What is needed of zeromq's socket. */
interface Publisher {
  sendTimeout: number;
  sendHighWaterMark: number;
  send(message: unknown): Promise<void>;
}

const kept = Symbol.for("frostkit.keepMessages");

/**
 * Keeps a tslab kernel from losing messages. tslab sends without waiting, but zeromq sends only so
 * many messages at once and then waits a turn, while which the next one throws EBUSY: a cell that printed 900 lines never
 * ended. With a timeout of 0 zeromq never waits, and without a high-water mark it drops nothing when the reader is slow.
 * Both are set at each send: a mark reaches only the readers that the socket has met by then, and it meets them in sending.
 */
export function keepMessages(): void {
  for (const { Publisher } of loaded<{ Publisher: { prototype: Publisher } }>("zeromq/lib/index.js")) {
    const { prototype } = Publisher;
    if (kept in prototype) continue;
    const { send } = prototype;
    // By definition: what it inherits cannot be assigned over.
    Object.defineProperty(prototype, "send", {
      configurable: true,
      value(this: Publisher, message: unknown) {
        this.sendTimeout = 0;
        this.sendHighWaterMark = 0;
        return send.call(this, message);
      },
    });
    Object.defineProperty(prototype, kept, { value: true });
  }
}
