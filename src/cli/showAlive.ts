import type { WriteStream } from "node:tty";
import { visible } from "../freeze";

/** Seconds between two signs of life: on a terminal, and where each is a line of its own. */
const EVERY = { terminal: 1, log: 15 };

/**
 * Says on stderr what takes long and, until it is over, for how long it has been under way: on a terminal in one line that is
 * written over and taken away at the end, elsewhere (a log, a notebook's cell) by a further line now and then.
 */
export async function showAlive<T>(
  what: string,
  work: () => Promise<T>,
  stream: Pick<WriteStream, "write" | "isTTY"> = process.stderr,
  every = stream.isTTY ? EVERY.terminal : EVERY.log,
): Promise<T> {
  const start = performance.now();
  stream.write(`${visible(what)}\n`);
  const timer = setInterval(() => {
    const line = `  at work for ${((performance.now() - start) / 1000).toFixed(0)} s`;
    stream.write(stream.isTTY ? `\r${line}` : `${line}\n`);
  }, every * 1000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (stream.isTTY) stream.write("\r\u001b[K");
  }
}
