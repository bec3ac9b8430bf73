import { patchClass } from "./patchClass";

/** What is needed of zeromq's socket. */
interface Publisher {
  sendTimeout: number;
  sendHighWaterMark: number;
  bind(address: string): Promise<void>;
  send(message: unknown): Promise<void>;
}

/**
 * Keeps a tslab kernel from losing messages. tslab sends without waiting, but zeromq sends only so
 * many messages at once and then waits a turn, while which the next one throws EBUSY: a cell that printed 900 lines never
 * ended. With a timeout of 0 zeromq never waits, and without a high-water mark it drops nothing when the reader is slow.
 * Both are set before a socket binds, since a reader is served by the mark that held then; on one that is bound already, at
 * its next send, once: libzmq crashes where a mark is set while a reader leaves, and JupyterLab has readers that come and go.
 */
export function keepMessages(): void {
  patchClass<Publisher>("zeromq/lib/index.js", "Publisher", "keepMessages", (prototype) => {
    const { bind, send } = prototype;
    withoutLimits(prototype, "bind", bind);
    withoutLimits(prototype, "send", send);
  });
}

function withoutLimits(
  prototype: Publisher,
  name: "bind" | "send",
  original: (what: never) => Promise<void>,
): void {
  // By definition: what it inherits cannot be assigned over.
  Object.defineProperty(prototype, name, {
    configurable: true,
    value(this: Publisher, what: never) {
      if (this.sendTimeout !== 0) {
        this.sendTimeout = 0;
        this.sendHighWaterMark = 0;
      }
      return original.call(this, what);
    },
  });
}
