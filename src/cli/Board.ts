import type { WriteStream } from "node:tty";
import { MultiBar, type SingleBar } from "cli-progress";
import { visible } from "../freeze";
import { oneLine } from "../text/oneLine";

/** One bar of a board. */
export interface Bar {
  update(value: number, total: number, text: string): void;
}

/**
 * Shows work under way on stderr: on a terminal bars, with lines scrolling past above them; elsewhere (a log, a notebook's
 * cell) the lines alone.
 */
export class Board {
  #bars: MultiBar;

  constructor(private readonly stream: Pick<WriteStream, "write" | "isTTY"> = process.stderr) {
    this.#bars = new MultiBar({
      stream: stream as WriteStream,
      format: "{label} {bar} {text}",
      barsize: 16,
      clearOnComplete: true,
      linewrap: true,
      // Its handler would swallow the first Ctrl-C.
      gracefulExit: false,
    });
  }

  line(line: string): void {
    const text = visible(line);
    if (this.stream.isTTY && this.#bars.isActive) this.#bars.log(`${text}\n`);
    else this.stream.write(`${text}\n`);
  }

  bar(label: string): Bar {
    const bar: SingleBar = this.#bars.create(1, 0, { label: oneLine(label), text: "" });
    return {
      update(value, total, text) {
        bar.setTotal(Math.max(1, total));
        bar.update(value, { text: oneLine(text) });
      },
    };
  }

  /** Takes the bars away; the lines stay. */
  stop(): void {
    if (!this.#bars.isActive) return;
    // Lines that came since the last frame are written with a frame only.
    this.#bars.update();
    this.#bars.stop();
  }
}
